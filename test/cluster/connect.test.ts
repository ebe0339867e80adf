import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it, type TestContext } from 'node:test';
import { type Access, connect } from '../../src/cluster/connect.ts';
import { PromoteError } from '../../src/errors.ts';

const SERVER = 'https://10.0.0.1:6443';
const PEM = '-----BEGIN CERTIFICATE-----\nbm90IG9uZQ==\n-----END CERTIFICATE-----\n';
const SECRET = 'eyJhbGciOiJSUzI1NiJ9.step-token';

/** Two clusters; the second context has another cluster, another user, and no namespace. */
function kubeconfig(over: Record<string, unknown> = {}, user: Record<string, unknown> = { token: SECRET }) {
  return {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'one',
    clusters: [
      { name: 'one', cluster: { server: `${SERVER}/` } },
      { name: 'two', cluster: { server: 'http://10.0.0.2:8080' } },
    ],
    users: [
      { name: 'step', user },
      { name: 'ann', user: { username: 'ann', password: 'pässword' } },
    ],
    contexts: [
      { name: 'one', context: { cluster: 'one', user: 'step', namespace: 'shop' } },
      { name: 'two', context: { cluster: 'two', user: 'ann' } },
    ],
    ...over,
  };
}

const YAML = `
apiVersion: v1
kind: Config
current-context: one
clusters:
- name: one
  cluster: {server: "${SERVER}"}
users:
- name: step
  user: {token: ${SECRET}}
contexts:
- name: one
  context: {cluster: one, user: step, namespace: shop}
`;

async function refusalOf(access: Access): Promise<PromoteError> {
  try {
    await connect(access);
  } catch (error) {
    assert.ok(error instanceof PromoteError, String(error));
    assert.equal(error.code, 'cluster');
    return error;
  }
  throw new Error('it was not refused');
}

const base64 = (text: string) => Buffer.from(text).toString('base64');
/** As `base64` of GNU writes it: lines of 76 characters. */
const wrapped = (text: string) => `${base64(text).replace(/.{76}/g, '$&\n')}\n`;

describe('cluster/connect', () => {
  let directory = '';
  let inCluster: string | undefined;
  const file = (name: string, text: string) => {
    const path = join(directory, name);
    writeFileSync(path, text);
    return path;
  };

  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'drone-promote-'));
  });
  after(() => rmSync(directory, { recursive: true, force: true }));
  beforeEach(() => {
    inCluster = process.env.KUBERNETES_SERVICE_HOST;
    delete process.env.KUBERNETES_SERVICE_HOST;
  });
  afterEach(() => {
    if (inCluster !== undefined) process.env.KUBERNETES_SERVICE_HOST = inCluster;
    else delete process.env.KUBERNETES_SERVICE_HOST;
  });

  describe('kubeconfig', () => {
    const json = JSON.stringify(kubeconfig());
    const forms: [what: string, given: () => string][] = [
      ['content, YAML', () => YAML],
      ['content, JSON', () => json],
      ['content, JSON after blanks', () => `  ${json}`],
      ['base64 in one line', () => base64(YAML)],
      ['base64 in one line, with its end', () => `${base64(YAML)}\n`],
      ['base64 in lines', () => wrapped(json)],
      ['a path', () => file('config', YAML)],
      ['a path, with the end of its line', () => `${file('config', YAML)}\n`],
    ];
    for (const [what, given] of forms) {
      it(`takes ${what}`, async () => {
        const connection = await connect({ kubeconfig: given() });
        assert.equal(connection.server, SERVER);
        assert.equal(connection.namespace, 'shop');
        assert.deepEqual(await connection.headers(), { Authorization: `Bearer ${SECRET}` });
      });
    }

    it('finds certificates beside the file that names them', async () => {
      file('ca.crt', PEM);
      const clusters = [{ name: 'one', cluster: { server: SERVER, 'certificate-authority': 'ca.crt' } }];
      const path = file('with-ca', JSON.stringify(kubeconfig({ clusters })));
      const { httpsAgent } = await connect({ kubeconfig: path });
      assert.equal(String(httpsAgent.options.ca), PEM);
    });

    it('takes several files as in KUBECONFIG: the context of the first, and those of all', async () => {
      const { clusters, users, contexts } = kubeconfig();
      const first = file('first', YAML);
      const rest = { clusters: clusters.slice(1), users: users.slice(1), contexts: contexts.slice(1) };
      const second = file('second', JSON.stringify({ ...kubeconfig(rest), 'current-context': 'two' }));
      assert.equal((await connect({ kubeconfig: `${first}:${second}` })).server, SERVER);
      const other = await connect({ kubeconfig: `${first}:${second}`, context: 'two' });
      assert.equal(other.server, 'http://10.0.0.2:8080');
    });

    it('goes to the context that is asked for', async () => {
      const connection = await connect({ kubeconfig: json, context: 'two' });
      assert.equal(connection.server, 'http://10.0.0.2:8080');
      assert.equal(connection.namespace, undefined);
      assert.deepEqual(await connection.headers(), { Authorization: `Basic ${base64('ann:pässword')}` });
    });

    it('does not mix the forms: a kubeconfig goes before a server', async () => {
      assert.equal((await connect({ kubeconfig: json, server: 'https://other' })).server, SERVER);
    });

    const unreadable: [what: string, given: () => string, message: RegExp][] = [
      [
        'no such file',
        () => '/no/such/kubeconfig',
        /neither a kubeconfig, nor the base64 of one, nor a file/,
      ],
      ['base64 of base64', () => base64(base64(YAML)), /it is the base64 of base64; encode the file once\./],
      ['base64 of something else', () => base64('hello world'), /neither a kubeconfig/],
      [
        'base64 of something else, in lines',
        () => wrapped('hello world '.repeat(20)),
        /neither a kubeconfig/,
      ],
      ['a directory', () => directory, /EISDIR/],
      ['blank', () => ' \n ', /neither a kubeconfig/],
      ['another YAML', () => 'apiVersion: v1\nkind: Secret\n', /it has no clusters/],
      ['an empty list', () => JSON.stringify(kubeconfig({ clusters: [] })), /it has no clusters/],
      ['a file that is no kubeconfig', () => file('other', 'hello\n'), /it has no clusters/],
      ['an empty file', () => file('empty', ''), /the input is empty/],
      ['a cluster without a server', () => '{"clusters":[{"name":"a","cluster":{}}]}', /server is missing/],
    ];
    for (const [what, given, message] of unreadable) {
      it(`refuses ${what}, and says what it takes`, async () => {
        const error = await refusalOf({ kubeconfig: given() });
        assert.match(error.message, /^`kubeconfig` cannot be read: /);
        assert.match(error.message, message);
        assert.match(error.hint ?? '', /the base64 of it, or a path/);
      });
    }

    it('tells where YAML breaks, and nothing of the secrets around that', async () => {
      const broken = YAML.replace('contexts:', '  contexts: [');
      for (const given of [broken, base64(broken), file('broken', broken)]) {
        const { message } = await refusalOf({ kubeconfig: given });
        assert.match(message, /cannot be read: .*\(\d+:\d+\)\.$/);
        assert.ok(!message.includes(SECRET));
      }
    });

    it('names the contexts where there is none of that name, or none is current', async () => {
      const unknown = await refusalOf({ kubeconfig: json, context: 'three' });
      assert.match(unknown.message, /no context "three"/);
      assert.match(unknown.hint ?? '', /It has: one, two\./);
      const none = await refusalOf({ kubeconfig: JSON.stringify(kubeconfig({ 'current-context': '' })) });
      assert.match(none.message, /has no cluster for its current context/);
      assert.match(none.hint ?? '', /Set `context` to one of: one, two\./);
      const empty = await refusalOf({ kubeconfig: JSON.stringify(kubeconfig({ contexts: [] })) });
      assert.match(empty.hint ?? '', /it has none/);
    });

    it('refuses credentials that name files which are not there', async () => {
      const user = { 'client-certificate': '/no/such/cert', 'client-key': '/no/such/key' };
      const error = await refusalOf({ kubeconfig: JSON.stringify(kubeconfig({}, user)) });
      assert.match(error.message, /credentials cannot be used: .*\/no\/such\/cert/);
      assert.match(error.hint ?? '', /the user of the kubeconfig/);
    });

    it('reads a token file that rotates anew', async (t: TestContext) => {
      t.mock.timers.enable({ apis: ['Date'], now: Date.parse('2026-11-24T12:00:00Z') });
      const tokenFile = file('token', 'first');
      const user = { 'auth-provider': { name: 'tokenFile', config: { tokenFile } } };
      const { headers } = await connect({ kubeconfig: JSON.stringify(kubeconfig({}, user)) });
      assert.deepEqual(await headers(), { Authorization: 'Bearer first' });
      writeFileSync(tokenFile, 'second');
      t.mock.timers.tick(61_000);
      assert.deepEqual(await headers(), { Authorization: 'Bearer second' });
    });
  });

  describe('server, token and ca', () => {
    it('makes a connection of them', async () => {
      const { server, namespace, headers } = await connect({ server: SERVER, token: SECRET });
      assert.equal(server, SERVER);
      assert.equal(namespace, undefined);
      assert.deepEqual(await headers(), { Authorization: `Bearer ${SECRET}` });
    });

    const forms: [what: string, ca: string][] = [
      ['PEM', PEM],
      ['base64', base64(PEM)],
      ['base64 in lines', wrapped(PEM)],
    ];
    for (const [what, ca] of forms) {
      it(`takes a certificate authority as ${what}`, async () => {
        const { httpsAgent } = await connect({ server: SERVER, token: SECRET, ca });
        assert.equal(String(httpsAgent.options.ca), PEM);
        assert.notEqual(httpsAgent.options.rejectUnauthorized, false);
      });
    }

    it('takes slashes off the end of the address, for the watches too', async () => {
      const { server, config } = await connect({ server: `${SERVER}//`, token: SECRET });
      assert.equal(server, SERVER);
      assert.equal(config.getCurrentCluster()?.server, SERVER);
    });

    it('takes the end of the line off a token, which no header can carry', async () => {
      const { headers } = await connect({ server: SERVER, token: `${SECRET}\n` });
      assert.deepEqual(await headers(), { Authorization: `Bearer ${SECRET}` });
    });

    it('sends no credentials where none are given', async () => {
      assert.deepEqual(await (await connect({ server: 'http://127.0.0.1:1' })).headers(), {});
    });
  });

  describe('without any', () => {
    it('says what to set where no cluster is named', async () => {
      for (const access of [{}, { token: SECRET }, { context: 'one' }]) {
        const error = await refusalOf(access);
        assert.match(error.message, /No cluster is set, and this step does not run inside a cluster/);
        assert.match(error.hint ?? '', /Set `kubeconfig`.*or `server`, `token` and `ca`/);
      }
    });

    const mounted = existsSync('/var/run/secrets/kubernetes.io/serviceaccount');
    it('goes to its own cluster, and says so where the service account is missing', {
      skip: mounted,
    }, async () => {
      process.env.KUBERNETES_SERVICE_HOST = '10.96.0.1';
      assert.match((await refusalOf({})).message, /credentials cannot be used: .*serviceaccount/);
    });
  });
});
