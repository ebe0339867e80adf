import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { describe, it } from 'node:test';
import { readBuild } from '../../../../src/ci/read-build.ts';
import { render } from '../../../../src/engines/keel/webhook/template.ts';
import { PromoteError } from '../../../../src/errors.ts';
import { NATIVE, requestTo } from '../helpers.ts';

const BUILD = readBuild({
  DRONE: 'true',
  DRONE_REPO: 'shop/web',
  DRONE_TAG: 'v1.4.2',
  DRONE_BUILD_NUMBER: '77',
  DRONE_BUILD_STATUS: 'success',
  DRONE_BUILD_STARTED: '1795478022',
  DRONE_COMMIT_BRANCH: 'main',
  DRONE_COMMIT_MESSAGE: 'Say "hello"\nto <all> & é',
});

describe('engines/keel/webhook/template', () => {
  const table: [template: string, text: string][] = [
    [
      '{{repo.owner}}/{{repo.name}} {{build.number}} {{build.branch}} {{build.started}}',
      'shop/web 77 main 1795478022',
    ],
    ['{"m":"{{build.message}}"}', '{"m":"Say \\"hello\\"\\nto <all> & é"}'],
    ['{{{build.message}}}', 'Say "hello"\nto <all> & é'],
    ['{{trimPrefix "v" build.tag}}', '1.4.2'],
    [
      '{{uppercase build.branch}} {{uppercasefirst build.branch}} {{lowercase "ABC"}} {{trim " a "}}',
      'MAIN Main abc a',
    ],
    ['{{truncate build.tag 2}} {{truncate build.tag -3}}', 'v1 4.2'],
    ['{{#urlencode}}a b&{{build.tag}}{{/urlencode}}', 'a+b%26v1.4.2'],
    ['{{#success build.status}}good{{else}}bad{{/success}}', 'good'],
    ['{{#failure build.status}}bad{{else}}good{{/failure}}', 'good'],
    ['{{#if build.tag}}tagged{{/if}}', 'tagged'],
  ];
  for (const [template, text] of table) {
    it(`fills in ${template}`, () => assert.equal(render(template, BUILD), text));
  }

  it('makes JSON whatever a commit message has in it', () => {
    assert.deepEqual(JSON.parse(render('{"m":"{{build.message}}"}', BUILD)), { m: BUILD.message });
  });

  for (const template of [
    '{{build.tagg}}',
    '{{#if}',
    '{{nohelper build.tag}}',
    '{{constructor.constructor}}',
  ]) {
    it(`refuses ${template}`, () => {
      assert.throws(
        () => render(template, BUILD),
        (error) => error instanceof PromoteError && error.code === 'template',
      );
    });
  }

  it('signs the body as it is sent', () => {
    const request = requestTo(NATIVE, { signatureSecret: 'k-123456', signatureHeader: 'X-Signed' });
    assert.equal(
      request.headers['X-Signed'],
      createHmac('sha256', 'k-123456').update(request.body).digest('hex'),
    );
    assert.ok(requestTo(NATIVE, { signatureSecret: 'k' }).headers['X-Drone-Signature']);
    assert.equal(requestTo(NATIVE).headers['X-Drone-Signature'], undefined);
  });
});
