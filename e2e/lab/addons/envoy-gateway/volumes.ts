import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ConfigMap, Secret, Volume } from 'kubernetes-types/core/v1';
import type { NodeApi } from '../../node/api.ts';

/** Writes what a volume of a Secret or a ConfigMap has into a folder. */
export async function keepVolume(
  api: NodeApi,
  namespace: string,
  { name, secret, configMap }: Volume,
  folder: string,
): Promise<void> {
  const source = secret
    ? `secrets/${secret.secretName}`
    : configMap
      ? `configmaps/${configMap.name}`
      : undefined;
  if (source === undefined) throw new Error(`this node knows no volume such as ${name}`);
  const found = (await api.call('GET', `/api/v1/namespaces/${namespace}/${source}`)) as Secret | ConfigMap;
  mkdirSync(folder, { recursive: true });
  for (const [file, text] of Object.entries(found.data ?? {})) {
    writeFileSync(join(folder, file), secret ? Buffer.from(text, 'base64') : text);
  }
}
