import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ANNOTATION_TABLE } from '../../../src/traffic/nginx/annotation-table.ts';
import { COPIED, PREFIX } from '../../../src/traffic/nginx/annotations.ts';

/** The list of annotations-risk.md of ingress-nginx 1.12 and 1.15, in its groups. */
const DOCUMENTED = `
server-alias allowlist-source-range backend-protocol auth-realm auth-secret auth-secret-type auth-type
canary canary-by-cookie canary-by-header canary-by-header-pattern canary-by-header-value canary-weight
canary-weight-total auth-tls-error-page auth-tls-match-cn auth-tls-pass-certificate-to-upstream auth-tls-secret
auth-tls-verify-client auth-tls-verify-depth client-body-buffer-size configuration-snippet
connection-proxy-header cors-allow-credentials cors-allow-headers cors-allow-methods cors-allow-origin
cors-expose-headers cors-max-age enable-cors custom-http-errors custom-headers default-backend
denylist-source-range disable-proxy-intercept-errors enable-global-auth auth-always-set-cookie
auth-cache-duration auth-cache-key auth-keepalive auth-keepalive-requests auth-keepalive-share-vars
auth-keepalive-timeout auth-method auth-proxy-set-headers auth-request-redirect auth-response-headers
auth-signin auth-signin-redirect-param auth-snippet auth-url fastcgi-index fastcgi-params-configmap
http2-push-preload load-balance enable-access-log enable-rewrite-log mirror-host mirror-request-body
mirror-target enable-modsecurity enable-owasp-core-rules modsecurity-snippet modsecurity-transaction-id
enable-opentelemetry opentelemetry-operation-name opentelemetry-trust-incoming-span proxy-body-size
proxy-buffer-size proxy-buffering proxy-buffers-number proxy-connect-timeout proxy-cookie-domain
proxy-cookie-path proxy-http-version proxy-max-temp-file-size proxy-next-upstream proxy-next-upstream-timeout
proxy-next-upstream-tries proxy-read-timeout proxy-redirect-from proxy-redirect-to proxy-request-buffering
proxy-send-timeout proxy-ssl-ciphers proxy-ssl-name proxy-ssl-protocols proxy-ssl-secret proxy-ssl-server-name
proxy-ssl-verify proxy-ssl-verify-depth limit-allowlist limit-burst-multiplier limit-connections limit-rate
limit-rate-after limit-rpm limit-rps from-to-www-redirect permanent-redirect permanent-redirect-code
temporal-redirect temporal-redirect-code app-root force-ssl-redirect preserve-trailing-slash rewrite-target
ssl-redirect use-regex ssl-ciphers ssl-prefer-server-ciphers ssl-passthrough satisfy server-snippet
service-upstream affinity affinity-canary-behavior affinity-mode session-cookie-change-on-failure
session-cookie-conditional-samesite-none session-cookie-domain session-cookie-expires session-cookie-max-age
session-cookie-name session-cookie-partitioned session-cookie-path session-cookie-samesite
session-cookie-secure stream-snippet upstream-hash-by upstream-hash-by-subset upstream-hash-by-subset-size
upstream-vhost use-port-in-redirects x-forwarded-prefix`
  .trim()
  .split(/\s+/);

describe('traffic/nginx/annotation-table', () => {
  it('has every annotation that ingress-nginx documents, each once and with a reason', () => {
    assert.deepEqual(
      DOCUMENTED.filter((name) => !ANNOTATION_TABLE.has(name)),
      [],
    );
    assert.ok([...ANNOTATION_TABLE.values()].every(({ why }) => why.length > 10));
  });

  it('copies what the controller reads for each upstream, and nothing else', () =>
    assert.deepEqual(
      [...COPIED].sort(),
      [
        'load-balance',
        'service-upstream',
        'upstream-hash-by',
        'upstream-hash-by-subset',
        'upstream-hash-by-subset-size',
      ].map((name) => PREFIX + name),
    ));
});
