import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { total } from '../../../../src/analysis/source/counts.ts';
import { ownServices } from '../../../../src/traffic/traefik/counters/own-services.ts';
import { readTraefik } from '../../../../src/traffic/traefik/counters/page.ts';
import { behind, ingress, ingressRoute, objectsOf, refs, SPLIT, traefikService } from '../helpers.ts';

/** A page as Traefik 3.7.15 writes it. */
const page = (counts: Record<string, number>, code = '200') =>
  Object.entries(counts)
    .map(
      ([service, count]) =>
        `traefik_service_requests_total{code="${code}",method="GET",protocol="http",service="${service}"} ${count}`,
    )
    .join('\n');

const sums = (text: string, side: ReturnType<typeof ownServices>) => {
  const { stable, canary } = total(new Map([['pod', readTraefik(text, side).replica]]));
  return [stable.requests, stable.failed, canary.requests, canary.failed];
};

describe('the counters of Traefik', () => {
  const web = ingressRoute([refs({ web: 1 })]);
  const objects = objectsOf({ routes: [web] });
  const own = ownServices(SPLIT, objects);
  /** Go's `fmt.Sprintf("%.10x", sha256)` of the rule, as Traefik writes it. */
  const HASH = 'a532a15fdb7dbde1dfce';

  it('count a rule by its own name while it has one Service, and by the Services’ names while it has two (traefik#8661)', () => {
    const named = ['web', 'other'].map((route) => own(`shop-${route}-${HASH}@kubernetescrd`));
    assert.deepEqual(named, ['stable', undefined]);
    assert.deepEqual(
      sums(page({ 'shop-web-80@kubernetescrd': 90, 'shop-web-canary-80@kubernetescrd': 10 }), own),
      [90, 0, 10, 0],
    );
  });

  it('count failures by 5xx alone', () => {
    assert.deepEqual(sums(page({ 'shop-web-canary-80@kubernetescrd': 3 }, '502'), own), [0, 0, 3, 3]);
    assert.deepEqual(sums(page({ 'shop-web-canary-80@kubernetescrd': 3 }, '404'), own), [0, 0, 3, 0]);
  });

  it('count nobody else’s requests, nor those of testers, whose rule has one Service', () => {
    const others = {
      'shop-web-api-80@kubernetescrd': 1,
      'shop-web-8080@kubernetescrd': 1,
      'other-web-80@kubernetescrd': 1,
      'shop-web-80@file': 1,
      [`shop-web-testers-${HASH}@kubernetescrd`]: 1,
    };
    assert.deepEqual(sums(page(others), own), [0, 0, 0, 0]);
  });

  it('count the users of a plain Ingress before and while an IngressRoute stands in front of it', () => {
    const split = behind('Ingress/web', 'IngressRoute/web-canary');
    const front = ownServices(split, objectsOf({ fronts: [ingress({ '/': 'web' })] }));
    const counts = {
      'shop-web-80@kubernetes': 5,
      'shop-web-80@kubernetescrd': 4,
      'shop-web-canary-80@kubernetescrd': 3,
    };
    assert.deepEqual(sums(page(counts), front), [9, 0, 3, 0]);
  });

  it('count the Services of a TraefikService, and those of `safeNaming`', () => {
    const split = behind('TraefikService/web');
    const shared = [traefikService({ weighted: { services: refs({ web: 3 }) } })];
    const sides = ownServices(split, objectsOf({ shared }));
    const counts = {
      'shop-web-80@kubernetescrd': 5,
      'shop_web_wrr_0_shop_web_80@kubernetescrd': 4,
      'shop_web_wrr_1_shop_web-canary_80@kubernetescrd': 3,
    };
    assert.deepEqual(sums(page(counts), sides), [9, 0, 3, 0]);
  });

  /** Each code of gRPC with its count, as Traefik counts the answers of a Service. */
  const grpc = (service: string, counts: Record<string, number>) =>
    Object.entries(counts)
      .map(
        ([code, count]) =>
          `traefik_service_requests_total{code="${code}",method="POST",protocol="grpc",service="shop-${service}-80@kubernetescrd"} ${count}`,
      )
      .join('\n');

  it('count failures of gRPC by its own status', () => {
    const codes = { '0': 5, '2': 1, '5': 1, '13': 1, '14': 1, '16': 1 };
    assert.deepEqual(sums(grpc('web-canary', codes), own), [0, 0, 10, 3]);
  });

  it('do not tell failures of gRPC if Traefik knows the status of no answer of stable', () => {
    const states = [{}, { '0': 1 }, { '2': 9 }, { '0': 1, '2': 9 }, { '13': 1 }].map(
      (codes) => readTraefik(grpc('web', codes), own).grpc,
    );
    assert.deepEqual(states, [undefined, 'told', 'untold', 'told', 'untold']);
    assert.equal(readTraefik(grpc('web-canary', { '2': 9 }), own).grpc, undefined);
  });

  it('have the time of a request, and when the process began', () => {
    const text = [
      'process_start_time_seconds 1.7961e+09',
      'traefik_service_request_duration_seconds_bucket{code="200",service="shop-web-80@kubernetescrd",le="0.1"} 7',
      'traefik_service_request_duration_seconds_bucket{code="200",service="shop-web-80@kubernetescrd",le="+Inf"} 9',
    ].join('\n');
    const { replica } = readTraefik(text, own);
    assert.equal(replica.startedAt, 1.7961e9);
    assert.deepEqual(
      [...replica.counters.values()].map(({ upToMs, value }) => [upToMs, value]),
      [
        [100, 7],
        [Number.POSITIVE_INFINITY, 9],
      ],
    );
  });
});
