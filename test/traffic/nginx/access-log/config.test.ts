import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Pod } from 'kubernetes-types/core/v1';
import { logConfigOf, withoutAccessLog } from '../../../../src/traffic/nginx/access-log/config.ts';
import { configMapOf, controllerLog } from '../../../../src/traffic/nginx/access-log/controllers.ts';
import { DEFAULT_FORMAT } from '../../../../src/traffic/nginx/access-log/log-format.ts';

describe('traffic/nginx/access-log/config', () => {
  const formats: [
    what: string,
    data: Record<string, string> | undefined,
    format: string,
    escaping: string,
  ][] = [
    ['no ConfigMap', undefined, DEFAULT_FORMAT, 'default'],
    ['other keys alone', { 'use-http2': 'true' }, DEFAULT_FORMAT, 'default'],
    ['an empty format', { 'log-format-upstream': ' ' }, DEFAULT_FORMAT, 'default'],
    ['a format', { 'log-format-upstream': '$status' }, '$status', 'default'],
    ['JSON escaping', { 'log-format-escape-json': 'true' }, DEFAULT_FORMAT, 'json'],
    ['JSON escaping that is off', { 'log-format-escape-json': 'false' }, DEFAULT_FORMAT, 'default'],
    [
      'no escaping, which wins',
      { 'log-format-escape-none': 'T', 'log-format-escape-json': 'true' },
      DEFAULT_FORMAT,
      'none',
    ],
    [
      'the default backend’s log off',
      { 'enable-access-log-for-default-backend': 'false' },
      DEFAULT_FORMAT,
      'default',
    ],
    ['the usual path', { 'access-log-path': '/var/log/nginx/access.log' }, DEFAULT_FORMAT, 'default'],
    ['the log of TCP elsewhere', { 'stream-access-log-path': '/tmp/tcp.log' }, DEFAULT_FORMAT, 'default'],
    [
      'a path for HTTP that wins',
      { 'access-log-path': '/tmp/x', 'http-access-log-path': '/dev/stdout' },
      DEFAULT_FORMAT,
      'default',
    ],
    [
      'a buffer that is written each second',
      { 'access-log-params': 'buffer=4k flush=1s' },
      DEFAULT_FORMAT,
      'default',
    ],
    ['the log not off', { 'disable-access-log': 'false' }, DEFAULT_FORMAT, 'default'],
  ];
  for (const [what, data, format, escaping] of formats) {
    it(`takes the format of ${what}`, () =>
      assert.deepEqual(logConfigOf(data), { format, escape: escaping }));
  }

  const off: [key: string, value: string][] = [
    ['disable-access-log', 'true'],
    ['disable-access-log', '1'],
    ['disable-http-access-log', 'true'],
    ['enable-syslog', 'true'],
    ['access-log-path', '/var/log/shop/access.log'],
    ['access-log-path', 'syslog:server=logs.example.com:514'],
    ['access-log-params', 'buffer=16k'],
    ['access-log-params', 'buffer=16k flush=1m'],
    ['access-log-params', 'gzip buffer=16k flush=1s'],
  ];
  for (const [key, value] of off) {
    it(`says that no log is to be had with ${key}: ${value}`, () => {
      const config = logConfigOf({ [key]: value });
      assert.ok('off' in config && config.off.includes(key));
      assert.ok('off' in logConfigOf({ [key]: value }, '$status'), 'a named format does not switch it on');
    });
  }

  it('prefers the format that the user names', () => {
    const data = { 'log-format-upstream': '$status', 'log-format-escape-json': 'true' };
    assert.deepEqual(logConfigOf(data, '$request $status'), { format: '$request $status', escape: 'json' });
  });

  it('finds the Ingresses without a log', () => {
    const ingress = (name: string, value?: string) => ({
      metadata: {
        name,
        annotations: value ? { 'nginx.ingress.kubernetes.io/enable-access-log': value } : {},
      },
    });
    assert.deepEqual(withoutAccessLog([ingress('a'), ingress('b', 'false'), ingress('c', 'true'), {}]), [
      'b',
    ]);
  });
});

describe('traffic/nginx/access-log/controllers', () => {
  const pod = (containers: object[], phase = 'Running') =>
    ({
      metadata: { name: 'c-1', namespace: 'ingress', uid: 'u-1' },
      spec: { containers },
      status: { phase },
    }) as Pod;
  const controller = (...args: string[]) => ({
    name: 'controller',
    image: 'x',
    args: ['/nginx-ingress-controller', ...args],
  });

  it('names the log of a controller beside its sidecars', () => {
    const log = { key: 'u-1', namespace: 'ingress', pod: 'c-1', container: 'controller' };
    assert.deepEqual(controllerLog(pod([{ name: 'istio-proxy' }, controller()])), log);
    const rke2 = { name: 'rke2-ingress-nginx-controller' };
    assert.equal(controllerLog(pod([{ name: 'shipper' }, rke2]))?.container, rke2.name);
    assert.equal(controllerLog(pod([{ name: 'nginx' }]))?.container, 'nginx');
  });

  it('knows no log of a pod that does not run', () => {
    assert.equal(controllerLog(pod([controller()], 'Pending')), undefined);
    assert.equal(controllerLog({}), undefined);
  });

  const maps: [args: string[], found: string | undefined][] = [
    [['--configmap=$(POD_NAMESPACE)/ingress-nginx-controller'], 'ingress/ingress-nginx-controller'],
    [['--v=2', '--configmap=conf/nginx'], 'conf/nginx'],
    [['--configmap', 'conf/nginx'], 'conf/nginx'],
    [['-configmap=conf/nginx'], 'conf/nginx'],
    [['--configmap-x=conf/nginx'], undefined],
    [['--configmap'], undefined],
    [['--configmap=nginx'], undefined],
    [[], undefined],
  ];
  for (const [args, found] of maps) {
    it(`finds ${found ?? 'no ConfigMap'} in "${args.join(' ')}"`, () => {
      const map = configMapOf(pod([controller(...args)]));
      assert.equal(map && `${map.namespace}/${map.name}`, found);
    });
  }
});
