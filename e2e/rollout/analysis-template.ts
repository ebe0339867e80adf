import type { KubeObject, World } from '../world.ts';

export const templatesPath = (namespace: string) =>
  `/apis/argoproj.io/v1alpha1/namespaces/${namespace}/analysistemplates`;

/** What becomes of an AnalysisRun. */
export type Verdict = 'success' | 'failure' | 'inconclusive';

/** A metric without a server of its own: the major version of the API server, which is 1. Two measurements, a second apart. */
export function versionMetric(verdict: Verdict): KubeObject {
  return {
    name: 'major',
    interval: '1s',
    count: 2,
    ...CONDITIONS[verdict],
    provider: { web: { url: 'https://10.0.0.1:6443/version', insecure: true, jsonPath: '{$.major}' } },
  };
}

const CONDITIONS: Readonly<Record<Verdict, KubeObject>> = {
  success: { successCondition: 'result == "1"' },
  failure: { successCondition: 'result == "9"' },
  inconclusive: { successCondition: 'result == "9"', failureCondition: 'result == "8"' },
};

export async function createTemplate(world: World, name: string, metrics: KubeObject[]): Promise<void> {
  await world.api.create(templatesPath(world.namespace), {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'AnalysisTemplate',
    metadata: { name },
    spec: { metrics },
  });
}

/** For the AnalysisRuns that begin from now on. */
export const changeTemplate = (world: World, name: string, metrics: KubeObject[]) =>
  world.api.patch(`${templatesPath(world.namespace)}/${name}`, { spec: { metrics } });
