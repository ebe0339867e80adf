import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Ajv } from 'ajv';
import { parse } from 'yaml';
import { OUTPUTS } from '../../scripts/indexes.ts';
import { outputLines } from '../../src/report/outputs.ts';
import { TABLE } from '../../src/settings/table/index.ts';
import { blocks, documents, read } from './blocks.ts';

const NAMES = Object.keys(TABLE);
const url = { type: 'string', pattern: '^https?://[-\\w.@:%+~#=]{2,256}\\.[a-z]{2,4}\\b' };
const text = { type: 'string' };
const flag = { type: 'boolean' };

/** The rules of plugin-validation/plugin-schema.json of drone/drone-plugin-index, which its CI applies. */
const ENTRY = {
  type: 'object',
  additionalProperties: false,
  required: ['title', 'author', 'repo', 'description'],
  properties: {
    title: text,
    author: text,
    description: text,
    example: text,
    repo: url,
    image: url,
    readme: url,
    tags: { type: 'array', items: text, minItems: 1, uniqueItems: true },
    logo: { type: 'string', pattern: '[\\w-]+\\.(svg|png)$' },
    license: { enum: ['None', 'Apache License 2.0', 'MIT License', 'Mozilla Public License 2.0'] },
    properties: {
      type: 'object',
      minProperties: 1,
      additionalProperties: false,
      patternProperties: {
        '^[a-zA-Z0-9_-]+$': {
          type: 'object',
          additionalProperties: false,
          required: ['type', 'defaultValue', 'description', 'secret', 'required'],
          properties: {
            type: { enum: ['string', 'number', 'array', 'boolean', 'object'] },
            defaultValue: { type: ['number', 'string', 'boolean', 'array', 'object'] },
            description: text,
            secret: flag,
            required: flag,
          },
        },
      },
    },
  },
};

describe("content.yaml, the entry of Drone's plugin index", () => {
  const content = parse(read('content.yaml'));

  it('is valid by the schema of the index', () => {
    const validate = new Ajv({ allErrors: true, allowUnionTypes: true }).compile(ENTRY);
    assert.ok(validate(content), JSON.stringify(validate.errors, null, 2));
  });

  it('has a property for every setting, in the order of the table', () =>
    assert.deepEqual(Object.keys(content.properties), NAMES));

  it('has a boolean as the default of a boolean, because the page shows a text as it is', () => {
    const properties: [string, { type: string; defaultValue: unknown }][] = Object.entries(
      content.properties,
    );
    for (const [name, { type, defaultValue }] of properties) {
      assert.equal(typeof defaultValue === 'boolean', type === 'boolean', name);
    }
  });
});

describe("docs.md, the page of Woodpecker's plugin index", () => {
  const [, front = '', body = ''] = read('docs.md').split(/^---$/m);

  it('begins with the fields that the index reads', () => {
    const fields = parse(front);
    for (const name of ['name', 'description', 'author', 'containerImage', 'containerImageUrl', 'url']) {
      assert.equal(typeof fields[name], 'string', name);
    }
    assert.ok(Array.isArray(fields.tags));
  });

  it('lists every setting', () => {
    for (const name of NAMES) assert.ok(body.includes(`\n| \`${name}\` |`), name);
  });
});

describe('action.yml, the action of GitHub', () => {
  const action = parse(read('action.yml'));

  it('has an input for every setting, none of which has a default of its own', () => {
    assert.deepEqual(Object.keys(action.inputs), NAMES);
    for (const name of NAMES) assert.deepEqual(Object.keys(action.inputs[name]), ['description'], name);
  });

  it('has the outputs that the step writes', () => {
    const lines = outputLines({ kind: 'held', reason: '', hints: [] }).trimEnd().split('\n');
    const written = lines.map((line) => line.split('=')[0] ?? '');
    assert.deepEqual(Object.keys(action.outputs).sort(), written.sort());
    assert.deepEqual(Object.keys(OUTPUTS), Object.keys(action.outputs));
  });

  it('runs the image of a version', () => assert.match(action.runs.image, /^docker:\/\/\S+:\d+\.\d+\.\d+$/));
});

describe('the versions in the documents', () => {
  const { version } = JSON.parse(read('package.json'));
  const places = [...documents(), 'content.yaml', 'action.yml', '.drone.yml'].map((file) => ({
    file,
    text: read(file),
  }));

  it('are those that .drone.yml pushes for this version', () => {
    const tags = [version, version.replace(/\.\d+$/, '')];
    for (const { file, text } of places) {
      for (const [, tag] of text.matchAll(/\/drone-promote:(\d[\w.-]*)/g)) {
        assert.ok(tags.includes(tag), `${file} names ${tag}`);
      }
    }
  });

  it('have an entry in the changelog', () => assert.ok(read('CHANGELOG.md').includes(`\n## ${version}\n`)));

  it('are there wherever an image of this project is run', () => {
    for (const { where, text } of blocks()) {
      assert.doesNotMatch(text, /(image:|docker run.*) \S*\/drone-promote(\s|$)/m, where);
      assert.doesNotMatch(text, /drone-promote:latest/, where);
    }
  });
});
