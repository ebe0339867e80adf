import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createStore, type Store } from '../api-server/store.ts';
import { virtualClock } from '../virtual-clock.ts';
import { readyAddresses, startEndpoints } from './endpoints.ts';

const NAMESPACE = 'shop';

/** A Service and its ready pods, each with an address of its own. */
function addApp(store: Store, name: string, pods: number): void {
  store.add('services', { metadata: { name, namespace: NAMESPACE }, spec: { selector: { app: name } } });
  for (let index = 0; index < pods; index += 1) {
    store.add('pods', {
      metadata: { name: `${name}-pod-${index}`, namespace: NAMESPACE, labels: { app: name } },
      status: { podIP: `${name}/${index}`, conditions: [{ type: 'Ready', status: 'True' }] },
    });
  }
}

/** The number of endpoints in each slice of a Service. */
function sizes(store: Store, service: string): number[] {
  return store
    .list('endpointslices', NAMESPACE)
    .filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === service)
    .map(({ endpoints }) => endpoints.length);
}

describe('sim/endpoints', () => {
  it('a slice has at most 100 endpoints; slices that are empty go, but for the first', async (t) => {
    const clock = virtualClock(0);
    t.after(() => clock.stop());
    const store = createStore(() => clock.now());
    startEndpoints(store, clock);
    addApp(store, 'web', 250);
    addApp(store, 'web-2', 1);
    await clock.sleep(100);
    assert.deepEqual(sizes(store, 'web'), [100, 100, 50]);
    assert.deepEqual(sizes(store, 'web-2'), [1]);
    assert.equal(readyAddresses(store, NAMESPACE, 'web').length, 250);
    for (const pod of store.list('pods', NAMESPACE)) store.drop('pods', pod);
    await clock.sleep(100);
    assert.deepEqual(sizes(store, 'web'), [0]);
    const web = store.get('services', NAMESPACE, 'web');
    assert.ok(web);
    store.drop('services', web);
    await clock.sleep(100);
    assert.deepEqual(sizes(store, 'web'), []);
    assert.deepEqual(sizes(store, 'web-2'), [0]);
  });
});
