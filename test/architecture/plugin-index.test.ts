import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import { TABLE } from '../../src/settings/table/index.ts';

interface Property {
  type: string;
  defaultValue: unknown;
  description: string;
}

/** What plugin-validation/plugin-schema.json of drone/drone-plugin-index allows as the type of a property. */
const TYPES = ['string', 'number', 'array', 'boolean', 'object'];

const content: { license: string; properties: Record<string, Property> } = parse(
  readFileSync(new URL('../../content.yaml', import.meta.url), 'utf8'),
);

describe("content.yaml, the entry of Drone's plugin index", () => {
  it('has a property for every setting, in the order of the table', () =>
    assert.deepEqual(Object.keys(content.properties), Object.keys(TABLE)));

  it('has the types of the index, and booleans as such', () => {
    for (const [name, { type, defaultValue }] of Object.entries(content.properties)) {
      assert.ok(TYPES.includes(type), `${name}: ${type}`);
      assert.equal(typeof defaultValue === 'boolean', type === 'boolean', name);
    }
  });

  it('names the licence as the index does', () => assert.equal(content.license, 'Apache License 2.0'));
});
