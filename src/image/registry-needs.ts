import type { Requirements } from './verify/required.ts';

/** The settings that decide whether the registry is used. */
export interface RegistryNeeds {
  verify?: 'true' | 'strict' | 'false' | undefined;
  pin?: 'tag' | 'digest' | undefined;
  tags?: readonly string[] | undefined;
  auto_tag?: boolean | undefined;
  promote_to?: string | undefined;
  verify_key?: string | undefined;
  verify_identity?: string | undefined;
  requires?: Requirements | undefined;
}

/**
 * The settings that need the registry. A pin is not among them, because an earlier step of the build may
 * provide the digest.
 */
export function needsOf({ tags = [], auto_tag, promote_to, requires, ...rest }: RegistryNeeds): string[] {
  return [
    ...(tags.length > 0 ? ['tags'] : []),
    ...(auto_tag ? ['auto_tag'] : []),
    ...(promote_to === undefined ? [] : ['promote_to']),
    ...(requires?.tags.length ? ['requires'] : []),
    ...signersIn(rest),
  ];
}

/** The settings that ask for a signature. */
export function signersIn({ verify_key, verify_identity }: RegistryNeeds): string[] {
  return [
    ...(verify_key === undefined ? [] : ['verify_key']),
    ...(verify_identity === undefined ? [] : ['verify_identity']),
  ];
}

/** Whether to use the registry. @param byDefault what the engine does if `verify` is not set */
export function usesRegistry(settings: RegistryNeeds, byDefault: boolean): boolean {
  if (settings.verify !== undefined) return settings.verify !== 'false';
  return byDefault || settings.pin === 'digest' || needsOf(settings).length > 0;
}
