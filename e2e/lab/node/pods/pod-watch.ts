import type { Pod } from 'kubernetes-types/core/v1';
import type { NodeApi } from '../api.ts';

const path = '/api/v1/pods';

export interface PodEvents {
  /** There, or changed. */
  seen(pod: Pod): void;
  gone(pod: Pod): void;
  /** After the events that arrived together. */
  settled(): void;
}

/** Follows all pods for ever. `pods` is what is known, by uid; after an error everything is listed anew, and the difference is told. */
export async function followPods(
  api: NodeApi,
  pods: Map<string, Pod>,
  events: PodEvents,
  log: (text: string) => void,
): Promise<never> {
  function apply(type: string, pod: Pod): void {
    const uid = pod.metadata?.uid ?? '';
    if (type === 'DELETED') {
      pods.delete(uid);
      events.gone(pod);
    } else {
      pods.set(uid, pod);
      events.seen(pod);
    }
  }

  async function resync(): Promise<string> {
    const list = (await api.call('GET', path)) as { metadata: { resourceVersion: string }; items: Pod[] };
    const there = new Set(list.items.map((pod) => pod.metadata?.uid));
    for (const [uid, pod] of pods) if (!there.has(uid)) apply('DELETED', pod);
    // All are known before any is acted on: their addresses are taken.
    for (const pod of list.items) pods.set(pod.metadata?.uid ?? '', pod);
    for (const pod of list.items) apply('MODIFIED', pod);
    events.settled();
    return list.metadata.resourceVersion;
  }

  for (;;) {
    try {
      let version = await resync();
      for (;;) {
        version = await api.watch<Pod>(path, version, ({ type, object }) => {
          apply(type, object);
          events.settled();
        });
      }
    } catch (error) {
      log(`pods are listed anew: ${error}`);
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
  }
}
