import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { engineOf } from '../../src/settings/engine.ts';
import { load, NATIVE } from './helpers.ts';

const KEEL = { urls: 'http://keel:9300/v1/webhooks/native', repo: 'shop' };

describe('settings/engine', () => {
  const table: [what: string, settings: Record<string, string>, engine: string][] = [
    ['a Deployment', NATIVE, 'native'],
    ['a Rollout', { ...NATIVE, workload: 'rollout/shop' }, 'argo'],
    ['an address of Keel', KEEL, 'keel'],
    ['both, and `engine: native`', { ...NATIVE, ...KEEL, engine: 'native' }, 'native'],
    ['a name in capitals', { ...KEEL, engine: 'KEEL' }, 'keel'],
  ];
  for (const [what, settings, engine] of table) {
    it(`${what} means ${engine}`, () => assert.equal(engineOf(load(settings)), engine));
  }
});
