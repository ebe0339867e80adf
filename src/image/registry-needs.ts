/** What says whether the registry is asked. */
export interface RegistryNeeds {
  verify?: 'true' | 'strict' | 'false' | undefined;
  pin?: 'tag' | 'digest' | undefined;
  tags?: readonly string[] | undefined;
  auto_tag?: boolean | undefined;
  promote_to?: string | undefined;
  verify_key?: string | undefined;
}

/**
 * What the settings ask for that cannot be had without the registry, but for a pin, for which the build may
 * have handed a digest on.
 */
export function needsOf({ tags = [], auto_tag, promote_to, verify_key }: RegistryNeeds): string[] {
  return [
    ...(tags.length > 0 ? ['tags'] : []),
    ...(auto_tag ? ['auto_tag'] : []),
    ...(promote_to === undefined ? [] : ['promote_to']),
    ...(verify_key === undefined ? [] : ['verify_key']),
  ];
}

/** Whether the registry is to be asked; `byDefault` is what an engine does where `verify` is not set. */
export function usesRegistry(settings: RegistryNeeds, byDefault: boolean): boolean {
  if (settings.verify !== undefined) return settings.verify !== 'false';
  return byDefault || settings.pin === 'digest' || needsOf(settings).length > 0;
}
