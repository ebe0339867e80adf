import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ProxyRequest, readProxyLine } from '../../../../src/traffic/gateway-api/sources/proxy-line.ts';
import { proxyLine } from './helpers.ts';

const ROUTE = 'httproute/shop/web/rule/0/match/0/web_example_com';
const GOOD: ProxyRequest = {
  route: ROUTE,
  address: '10.244.0.7',
  status: 200,
  statuses: ['200'],
  ms: 3,
};

describe('traffic/gateway-api/sources/proxy-line', () => {
  const lines: [what: string, text: string, expected: ProxyRequest | undefined][] = [
    ['a request', proxyLine(), GOOD],
    ['one that failed', proxyLine({ response_code: 500 }), { ...GOOD, status: 500, statuses: ['500'] }],
    ['an address of IPv6', proxyLine({ upstream_host: '[fd00::7]:8080' }), { ...GOOD, address: 'fd00::7' }],
    ['an answer of the proxy itself', proxyLine({ upstream_host: null }), { ...GOOD, address: undefined }],
    ['the same as text', proxyLine({ upstream_host: '-' }), { ...GOOD, address: undefined }],
    ['no route', proxyLine({ route_name: null }), { ...GOOD, route: '' }],
    [
      'a path that a user has filled with fields',
      proxyLine({ 'x-envoy-origin-path': '/?","response_code":500,"x":"' }),
      GOOD,
    ],
    ['a line of Envoy itself', '[2026-11-29 12:54:56.482][205][warning][config] lds: rejected', undefined],
    ['a line that was cut', proxyLine().slice(0, 40), undefined],
    ['another format', '{"status":200,"path":"/"}', undefined],
    ['a list', '[1]', undefined],
    ['nothing', '', undefined],
  ];
  for (const [what, text, expected] of lines) {
    it(`${what}: ${expected ? `${expected.status} of ${expected.address ?? 'nobody'}` : 'is no request'}`, () => {
      assert.deepEqual(readProxyLine(text), expected);
    });
  }
});
