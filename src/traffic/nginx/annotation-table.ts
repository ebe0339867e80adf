/**
 * What an annotation of a main Ingress means for its canary.
 * - `copied`: the controller reads it for each upstream, so the canary Ingress needs it too;
 * - `canary`: the controller reads it on canary Ingresses, and this program writes it there;
 * - `main`: the controller reads it for the main Ingress' server or location, which canary requests go
 *   through too, so that it holds for both versions;
 * - `looked-at`: it may change who is split, or what users get; split-faults.ts decides by its value.
 */
export type Treatment = 'copied' | 'canary' | 'main' | 'looked-at';

const LOCATION =
  'it belongs to the location, and requests of the canary go through the location of the main Ingress';
const SERVER = 'it belongs to the server of the host, which main and canary share';
const UPSTREAM = 'the controller reads it for each upstream';
const COOKIE = 'it shapes the cookie of the main upstream; the canary sets none';
const REDIRECT = 'the controller answers before it chooses an upstream';
const SNIPPET = 'a snippet may send requests past the upstream, or name the Service for a mesh';
const ACCESS = 'who may come is decided before the upstream is chosen';
const CANARY_ONLY = 'on an Ingress that is not a canary the controller ignores it';

const group = (treatment: Treatment, why: string, names: string) =>
  names.split(' ').map((name) => [name, { treatment, why }] as const);

/**
 * Every annotation of ingress-nginx 1.9 to 1.15 (docs: user-guide/nginx-configuration/annotations and
 * annotations-risk), without its prefix, and those that older releases had.
 */
export const ANNOTATION_TABLE: ReadonlyMap<string, { treatment: Treatment; why: string }> = new Map([
  ...group(
    'copied',
    UPSTREAM,
    'load-balance upstream-hash-by upstream-hash-by-subset upstream-hash-by-subset-size',
  ),
  ...group(
    'copied',
    `${UPSTREAM}; without it the canary would be reached by pod addresses, past the mesh`,
    'service-upstream',
  ),
  ...group(
    'canary',
    CANARY_ONLY,
    'canary canary-weight canary-weight-total canary-by-header canary-by-header-value canary-by-header-pattern canary-by-cookie',
  ),
  ...group(
    'canary',
    'the controller reads it on the canary: `legacy` lets the weight decide',
    'affinity-canary-behavior',
  ),
  ...group('looked-at', 'who has the cookie of stable stays there at any weight', 'affinity'),
  ...group(
    'main',
    COOKIE,
    'affinity-mode session-cookie-name session-cookie-path session-cookie-domain session-cookie-expires session-cookie-max-age session-cookie-samesite session-cookie-conditional-samesite-none session-cookie-change-on-failure session-cookie-secure session-cookie-partitioned session-cookie-hash',
  ),
  ...group(
    'looked-at',
    'the TLS stream goes to the Service of the main Ingress, and nothing splits it',
    'ssl-passthrough',
  ),
  ...group(
    'looked-at',
    'a mesh reads the Host header, and sends to the Service that it names',
    'upstream-vhost',
  ),
  ...group(
    'looked-at',
    'the request for an error page is split once more',
    'custom-http-errors default-backend',
  ),
  ...group('main', 'it is about error pages of the main location', 'disable-proxy-intercept-errors'),
  ...group('looked-at', SNIPPET, 'configuration-snippet server-snippet'),
  ...group('main', 'it is outside of http', 'stream-snippet'),
  ...group('looked-at', REDIRECT, 'permanent-redirect temporal-redirect'),
  ...group(
    'main',
    REDIRECT,
    'permanent-redirect-code temporal-redirect-code from-to-www-redirect app-root ssl-redirect force-ssl-redirect preserve-trailing-slash use-port-in-redirects',
  ),
  ...group(
    'looked-at',
    'without its access log an Ingress is watched by counters alone',
    'enable-access-log',
  ),
  ...group('main', 'it does not change who is split', 'enable-rewrite-log'),
  ...group(
    'main',
    LOCATION,
    'rewrite-target use-regex x-forwarded-prefix backend-protocol connection-proxy-header custom-headers http2-push-preload satisfy client-body-buffer-size fastcgi-index fastcgi-params-configmap',
  ),
  ...group(
    'main',
    LOCATION,
    'proxy-body-size proxy-buffer-size proxy-buffers-number proxy-busy-buffers-size proxy-buffering proxy-connect-timeout proxy-cookie-domain proxy-cookie-path proxy-http-version proxy-max-temp-file-size proxy-read-timeout proxy-redirect-from proxy-redirect-to proxy-request-buffering proxy-send-timeout relative-redirects',
  ),
  ...group(
    'main',
    `${LOCATION}; a retry stays on the version that was chosen`,
    'proxy-next-upstream proxy-next-upstream-timeout proxy-next-upstream-tries',
  ),
  ...group(
    'main',
    SERVER,
    'server-alias ssl-ciphers ssl-prefer-server-ciphers enable-modsecurity enable-owasp-core-rules modsecurity-snippet modsecurity-transaction-id',
  ),
  ...group(
    'main',
    `${SERVER}; it is about the connection to the pods of either version`,
    'proxy-ssl-secret proxy-ssl-ciphers proxy-ssl-name proxy-ssl-protocols proxy-ssl-server-name proxy-ssl-verify proxy-ssl-verify-depth',
  ),
  ...group(
    'main',
    ACCESS,
    'allowlist-source-range whitelist-source-range denylist-source-range auth-realm auth-secret auth-secret-type auth-type auth-tls-error-page auth-tls-match-cn auth-tls-pass-certificate-to-upstream auth-tls-secret auth-tls-verify-client auth-tls-verify-depth enable-global-auth',
  ),
  ...group(
    'main',
    ACCESS,
    'auth-url auth-signin auth-signin-redirect-param auth-method auth-response-headers auth-request-redirect auth-proxy-set-headers auth-cache-key auth-cache-duration auth-always-set-cookie auth-keepalive auth-keepalive-requests auth-keepalive-share-vars auth-keepalive-timeout auth-snippet',
  ),
  ...group(
    'main',
    ACCESS,
    'limit-allowlist limit-whitelist limit-burst-multiplier limit-connections limit-rate limit-rate-after limit-rpm limit-rps global-rate-limit global-rate-limit-window global-rate-limit-key global-rate-limit-ignored-cidrs',
  ),
  ...group(
    'main',
    LOCATION,
    'cors-allow-credentials cors-allow-headers cors-allow-methods cors-allow-origin cors-expose-headers cors-max-age enable-cors',
  ),
  ...group(
    'main',
    'each request is mirrored once, whichever version answers it',
    'mirror-host mirror-request-body mirror-target',
  ),
  ...group(
    'main',
    'it does not change who is split',
    'enable-opentelemetry opentelemetry-operation-name opentelemetry-trust-incoming-span enable-opentracing opentracing-trust-incoming-span enable-influxdb influxdb-measurement influxdb-port influxdb-host influxdb-server-name secure-verify-ca-secret',
  ),
]);
