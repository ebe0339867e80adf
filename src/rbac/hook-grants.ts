import { TO_RUN_HOOKS } from '../engines/native/plan/rights.ts';
import type { Settings } from '../settings/settings.ts';
import type { Grant } from './grant.ts';

/** What the Jobs around a release need, by whatever strategy of the native engine; the guard goes on with them. */
export function hookGrants({ before = [], after = [] }: Settings, account: string): Grant[] {
  if (before.length + after.length === 0) return [];
  return [
    {
      account,
      suffix: '-jobs',
      purpose: '`before` and `after`: the Jobs around the release, and their `undo`.',
      rights: TO_RUN_HOOKS,
    },
  ];
}
