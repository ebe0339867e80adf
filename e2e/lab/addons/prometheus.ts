import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Running, start } from '../process.ts';

/** Where it answers. */
export const PROMETHEUS_URL = 'http://10.0.0.1:9090';

/** Its labels are those of a scrape by pod: `namespace` is the controller's own, so that the Ingress' becomes `exported_namespace`. */
const CONFIG = {
  global: { scrape_interval: '2s', scrape_timeout: '2s' },
  scrape_configs: [
    {
      job_name: 'ingress-nginx',
      static_configs: [
        {
          targets: ['10.0.0.2:10254'],
          labels: { namespace: 'ingress-nginx', pod: 'ingress-nginx-controller' },
        },
      ],
    },
  ],
};

/** Starts Debian's Prometheus, which scrapes the ingress controller every 2 s; ready once it has scraped. */
export function startPrometheus(runDir: string): Promise<Running> {
  const config = join(runDir, 'prometheus.yml');
  // JSON is YAML
  writeFileSync(config, JSON.stringify(CONFIG));
  return start({
    name: 'prometheus',
    command: '/usr/bin/prometheus',
    args: [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(runDir, 'prometheus')}`,
      `--web.listen-address=${new URL(PROMETHEUS_URL).host}`,
    ],
    log: join(runDir, 'prometheus.log'),
    async ready() {
      const query = `${PROMETHEUS_URL}/api/v1/query?query=up`;
      const answer = await fetch(query, { signal: AbortSignal.timeout(1000) });
      const { data } = (await answer.json()) as { data: { result: { value: [number, string] }[] } };
      if (data.result[0]?.value[1] === '1') return true;
      const targets = await fetch(`${PROMETHEUS_URL}/api/v1/targets`, { signal: AbortSignal.timeout(1000) });
      throw new Error(`it scrapes nothing: ${/"lastError":"[^"]*"/.exec(await targets.text())?.[0]}`);
    },
  });
}
