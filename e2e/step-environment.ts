/**
 * The environment that Drone hands to a step: `settings:` made into `PLUGIN_*` as Drone's runner does it (its own recording is
 * test/fixtures/drone/example.env.json), over the variables of a promotion of tag v1.1.0 to production.
 *
 * @param settings as YAML has them: a name is upper-cased, nothing else; a list becomes its elements joined with commas, or JSON
 * where one of them is no scalar; a map becomes JSON; null is left out
 */
export function stepEnvironment(
  settings: Readonly<Record<string, unknown>>,
  build: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const plugin = Object.entries(settings).flatMap(([name, value]) => {
    const text = settingText(value);
    return text === undefined ? [] : [[`PLUGIN_${name.toUpperCase()}`, text]];
  });
  return {
    CI: 'true',
    DRONE: 'true',
    DRONE_BUILD_EVENT: 'promote',
    DRONE_BUILD_NUMBER: '77',
    DRONE_BUILD_PARENT: '70',
    DRONE_BUILD_TRIGGER: 'ann',
    DRONE_BUILD_LINK: 'https://drone.example.com/shop/web/77',
    DRONE_CARD_PATH: '/dev/stdout',
    DRONE_COMMIT_REF: 'refs/tags/v1.1.0',
    DRONE_DEPLOY_TO: 'production',
    DRONE_REPO: 'shop/web',
    DRONE_SEMVER: '1.1.0',
    DRONE_TAG: 'v1.1.0',
    NO_COLOR: '1',
    ...build,
    ...Object.fromEntries(plugin),
  };
}

function settingText(value: unknown): string | undefined {
  if (value === null || value === undefined) return undefined;
  if (Array.isArray(value)) {
    const plain = value.every((item) => typeof item !== 'object' || item === null);
    return plain ? value.join(',') : JSON.stringify(value);
  }
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
