import type { Settings } from '../settings/settings.ts';
import type { PrometheusAccess } from './source/prometheus.ts';

/** The access to Prometheus, from the settings; undefined if none is set. */
export function prometheusAccess(settings: Settings): PrometheusAccess | undefined {
  const { prometheus: url, prometheus_token, prometheus_tenant, prometheus_ca } = settings;
  const { prometheus_username: username, prometheus_password: password = '' } = settings;
  if (url === undefined) return undefined;
  return {
    url,
    ...(prometheus_token === undefined ? {} : { bearer: prometheus_token }),
    ...(username === undefined ? {} : { basic: { username, password } }),
    ...(prometheus_tenant === undefined ? {} : { tenant: prometheus_tenant }),
    ...(prometheus_ca === undefined ? {} : { ca: prometheus_ca }),
  };
}
