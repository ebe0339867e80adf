import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiError, type NodeApi } from '../node/api.ts';

interface Crd {
  metadata: { name: string };
  spec: { group: string; names: { plural: string }; versions: { name: string; served: boolean }[] };
  status?: { conditions?: { type: string; status: string }[] };
}

const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const ESTABLISHED_MS = 30_000;

/** Server-side: a CRD is too large for the annotation that a client-side apply leaves. */
export async function apply(api: NodeApi, path: string, object: object): Promise<void> {
  await api.call('PATCH', `${path}?fieldManager=lab&force=true`, object, 'apply-patch+yaml');
}

/** Applies the CRDs of a file, JSON, and waits until they are served. */
export async function applyCrds(api: NodeApi, file: string): Promise<void> {
  const crds = JSON.parse(readFileSync(file, 'utf8')) as Crd[];
  for (const crd of crds) await apply(api, `${CRDS}/${crd.metadata.name}`, crd);
  const end = Date.now() + ESTABLISHED_MS;
  for (const { metadata } of crds) {
    while (!isEstablished((await api.call('GET', `${CRDS}/${metadata.name}`)) as Crd)) {
      if (Date.now() > end) throw new Error(`${metadata.name} is not served`);
      await sleep(50);
    }
  }
  // established is said before the paths are there (404) and before their storage is (429)
  for (const { spec } of crds) {
    const version = spec.versions.find(({ served }) => served)?.name;
    const path = `/apis/${spec.group}/${version}/${spec.names.plural}`;
    while (!(await isServed(api.call('GET', path)))) {
      if (Date.now() > end) throw new Error(`${path} is not served`);
      await sleep(50);
    }
  }
}

async function isServed(answer: Promise<unknown>): Promise<boolean> {
  try {
    await answer;
    return true;
  } catch (error) {
    if (error instanceof ApiError && [404, 429, 503].includes(error.status)) return false;
    throw error;
  }
}

function isEstablished({ status }: Crd): boolean {
  return status?.conditions?.some((each) => each.type === 'Established' && each.status === 'True') ?? false;
}
