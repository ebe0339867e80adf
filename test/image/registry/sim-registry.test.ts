import { intoStore } from '../../sim/registry/images.ts';
import { USER } from '../../sim/registry/real.ts';
import { startRegistry } from '../../sim/registry/server.ts';
import { registryCases } from './cases.ts';

const users = { [USER.name]: USER.password };

registryCases(
  'the built-in registry',
  async (auth) => {
    const registry = await startRegistry({
      noReferrers: true,
      auth:
        auth === 'none'
          ? { kind: 'none' }
          : auth === 'basic'
            ? { kind: 'basic', users }
            : { kind: 'token', users, anonymous: ['open/web'] },
    });
    return { host: registry.host, target: intoStore(registry.store), close: registry.close };
  },
  USER,
);
