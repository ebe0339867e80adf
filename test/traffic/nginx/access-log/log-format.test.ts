import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compileFormat, DEFAULT_FORMAT } from '../../../../src/traffic/nginx/access-log/log-format.ts';
import { CANARY, line, parserOf, render, STABLE, type Values } from './helpers.ts';

const JSON_FORMAT =
  '{"time": "$time_iso8601", "ua": "$http_user_agent", "request": "$request", "status": $status, ' +
  '"request_time": $request_time, "duration": $request_time, "up": "$proxy_upstream_name", ' +
  '"alt": "$proxy_alternative_upstream_name", "addr": "$upstream_addr", "upstream_status": "$upstream_status", ' +
  '"namespace": "$namespace", "ingress": "$ingress_name", "service": "$service_name"}';

describe('traffic/nginx/access-log/log-format: the default format', () => {
  const { parse } = parserOf();

  it('reads what the judge needs', () => {
    assert.deepEqual(parse(line(STABLE)), {
      status: 200,
      ms: 4,
      upstream: 'shop-web-80',
      alternative: '',
      addresses: ['10.1.0.1:8080'],
      statuses: ['200'],
      namespace: undefined,
      ingress: undefined,
      service: undefined,
    });
    assert.equal(parse(line(CANARY))?.alternative, 'shop-web-canary-80');
  });

  it('reads a line of the real controller', () => {
    const real =
      '192.168.65.3 - - [08/Jul/2024:10:11:12 +0000] "GET / HTTP/2.0" 502 552 "-" "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/104.0.0.0 Safari/537.36" 80 0.014 [observability-grafana-80] [] 10.244.133.188:3000, 10.244.133.188:3000, 10.244.133.188:3000 0, 0, 0 0.001, 0.000, 0.001 502, 502, 502 83dba8d5de53989604ed458e6a955187';
    const request = parse(real);
    assert.deepEqual(
      [request?.status, request?.ms, request?.upstream],
      [502, 14, 'observability-grafana-80'],
    );
    assert.deepEqual(request?.statuses, ['502', '502', '502']);
  });

  const lists: [what: string, addr: string, status: string, statuses: string[]][] = [
    ['one try', '10.1.0.1:80', '200', ['200']],
    ['no try at all', '-', '-', ['-']],
    ['two tries', '10.1.0.1:80, 10.1.0.2:80', '502, 200', ['502', '200']],
    [
      'a redirect between tries',
      '10.1.0.1:80, 10.1.0.2:80 : 10.1.0.3:80',
      '502, 503 : 404',
      ['502', '503', '404'],
    ],
    ['a redirect that led to no server', '10.1.0.1:80 : ', '503 : ', ['503']],
    ['IPv6', '[fd00::1]:80, [fd00::2]:80', '504, 200', ['504', '200']],
    ['a socket', 'unix:/tmp/a.sock', '200', ['200']],
    ['a try without a status', '10.1.0.1:80, 10.1.0.2:80', '-, 200', ['-', '200']],
  ];
  for (const [what, upstream_addr, upstream_status, statuses] of lists) {
    it(`reads ${what}`, () => {
      const times = upstream_status.replaceAll(/\d+|-/g, '0.010');
      const read = parse(
        line({
          ...STABLE,
          upstream_addr,
          upstream_status,
          upstream_response_time: times,
          upstream_response_length: times.replaceAll('0.010', '12'),
        }),
      );
      assert.deepEqual(read?.statuses, statuses);
      assert.equal(read?.addresses.length, statuses.length);
    });
  }

  const strange: [what: string, text: string][] = [
    ['an empty line', ''],
    [
      'a line of the controller',
      'I0708 10:11:12.123456       7 controller.go:190] "Configuration changes detected, backend reload required"',
    ],
    [
      'a line of the controller with as many quotes as a request',
      'I0708 10:11:12.1 7 event.go:364] Event(v1.ObjectReference{Kind:"Ingress", Name:"web", UID:"x"}): type: \'Normal\'',
    ],
    [
      'a line of nginx’ error log',
      '2026/11/28 12:00:00 [error] 31#31: *1 connect() failed (111: Connection refused) while connecting to upstream, client: 203.0.113.7, server: shop.example.com, request: "GET / HTTP/1.1", upstream: "http://10.1.0.1:80/", host: "shop.example.com"',
    ],
    ['a line of a TCP service', '[203.0.113.7] [28/Nov/2026:12:00:00 +0000] TCP 200 12 34 0.004'],
    ['a line without an end', line(STABLE).slice(0, -80)],
    ['a line without its beginning', line(STABLE).slice(30)],
    ['two lines in one', `${line(STABLE)}${line(STABLE)}`],
    ['a quote too many', `${line(STABLE)}"`],
    ['a line with fewer statuses than tries', line({ ...STABLE, upstream_addr: '10.1.0.1:80, 10.1.0.2:80' })],
    ['another format', '{"status": 200}'],
  ];
  for (const [what, text] of strange) {
    it(`takes ${what} for no request`, () => assert.equal(parse(text), undefined));
  }

  it('cuts a line anywhere, and never reads another status or upstream in it', () => {
    const whole = line({
      ...CANARY,
      upstream_status: '502, 200',
      upstream_addr: '10.1.0.1:80, 10.1.0.2:80',
      upstream_response_time: '0.001, 0.002',
      upstream_response_length: '0, 5',
    });
    for (let end = 0; end < whole.length; end += 1) {
      const read = parse(whole.slice(0, end));
      // all but the request's id is there
      if (read) assert.deepEqual(read, parse(whole), whole.slice(0, end));
    }
  });
});

describe('traffic/nginx/access-log/log-format: requests that imitate lines', () => {
  const { parse } = parserOf();
  const failing = line({ ...CANARY, status: '500', upstream_status: '500' });
  const tail = ' 500 1 "-" "x" 80 9.000 [shop-web-80] [shop-web-canary-80] 10.1.0.9:80 1 9.000 500 x';
  const hostile: [what: string, values: Values][] = [
    ['a path that is a whole line', { request: `GET /${failing} HTTP/1.1` }],
    [
      'a path that ends the quote',
      { request: `GET /" 500 1 "-" "x" 80 9.000 [shop-web-80] [shop-web-canary-80]` },
    ],
    ['a user agent that is the end of a line', { http_user_agent: `x"${tail}` }],
    ['a user agent with backslashes before a quote', { http_user_agent: `x\\\\\\"${tail}` }],
    ['a user agent that ends in a backslash', { http_user_agent: 'x\\' }],
    ['a user agent with a new line in it', { http_user_agent: `x\n${failing}\n` }],
    ['a referrer with brackets', { http_referer: '[shop-web-80] [shop-web-canary-80] 500' }],
    [
      'a user name that is the beginning of a line',
      { remote_user: `x [28/Nov/2026:12:00:00 +0000] "GET / HTTP/1.1" 500` },
    ],
    ['a user name with brackets', { remote_user: `] [28/Nov/2026:12:00:00 +0000] ` }],
    ['an id that goes on with the tries', { req_id: ': 502 x' }],
    ['an id that is another try', { req_id: ', 502, 502 : 503' }],
    ['an id that is the end of a line', { req_id: tail }],
    ['an id with a quote', { req_id: `"${tail}` }],
    ['a header of 16 KiB', { http_user_agent: '"\\\u0001'.repeat(16 * 1024) }],
    ['letters of no Latin alphabet', { http_user_agent: 'ブラウザ "500"' }],
  ];
  for (const [what, values] of hostile) {
    it(`is not misled by ${what}`, () => {
      assert.deepEqual(parse(line({ ...STABLE, ...values })), parse(line(STABLE)));
    });
    it(`is not misled by ${what}, in JSON`, () => {
      const json = parserOf(JSON_FORMAT, 'json');
      const read = json.parse(render(JSON_FORMAT, { ...STABLE, ...values }, 'json'));
      assert.deepEqual(read, json.parse(render(JSON_FORMAT, STABLE, 'json')));
      assert.ok(read);
    });
  }

  it('takes 16 KiB of anything in less than 50 ms', () => {
    for (const piece of ['"', '[', ' ', '1', ' : ', ', ', 'a b', '1 2 ', '\\']) {
      const begun = process.hrtime.bigint();
      for (const text of [piece.repeat(16_384), `${line(STABLE)}${piece.repeat(16_384)}`]) parse(text);
      assert.ok(Number(process.hrtime.bigint() - begun) / 1e6 < 50, `${JSON.stringify(piece)} took too long`);
    }
  });
});

describe('traffic/nginx/access-log/log-format: other formats', () => {
  const usable: [what: string, format: string, escaping?: 'json'][] = [
    ['a JSON text with JSON escaping', JSON_FORMAT, 'json'],
    ['a JSON text without it', JSON_FORMAT],
    ['a JSON text with escaped quotes', JSON_FORMAT.replaceAll('"', '\\"')],
    ['a folded block of YAML, which ends in a new line', `${DEFAULT_FORMAT}\n`],
    ['variables in braces', DEFAULT_FORMAT.replaceAll(/\$(\w+)/g, (_, name) => `\${${name}}`)],
    ['the real IP in front', `[$the_real_ip] - ${DEFAULT_FORMAT}`],
    ['a header in front', `$http_x_forwarded_for ${DEFAULT_FORMAT}`],
    [
      'the canary’s upstream last, after values of users (ACK)',
      '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" $request_length $request_time [$proxy_upstream_name] $upstream_addr $upstream_response_length $upstream_response_time $upstream_status $req_id $host [$proxy_alternative_upstream_name]',
    ],
    [
      'words of its own',
      'status=$status up=$proxy_upstream_name alt=$proxy_alternative_upstream_name t=$request_time us=$upstream_status ua="$http_user_agent"',
    ],
  ];
  for (const [what, format, escaping = 'default'] of usable) {
    it(`reads ${what}`, () => {
      const parser = parserOf(format, escaping as 'default');
      const rendered = format.replaceAll('\\"', '"').replace(/\n$/, '');
      const values = { ...CANARY, status: '404', upstream_status: '404', http_user_agent: 'say "hi" \\' };
      const read = parser.parse(render(rendered, values, escaping as 'default'));
      assert.deepEqual(
        [read?.status, read?.ms, read?.upstream, read?.alternative, read?.statuses],
        [404, 4, 'shop-web-80', 'shop-web-canary-80', ['404']],
      );
    });
  }

  it('reads values that JSON leaves empty', () => {
    const { parse } = parserOf(JSON_FORMAT, 'json');
    const { upstream_addr: _, upstream_status: __, ...values } = STABLE;
    const read = parse(render(JSON_FORMAT, { ...values, status: '503' }, 'json'));
    assert.deepEqual([read?.status, read?.upstream, read?.statuses], [503, 'shop-web-80', ['']]);
  });

  it('takes the time of the tries if the format lacks that of the request', () => {
    const format =
      '$status [$proxy_upstream_name] [$proxy_alternative_upstream_name] $upstream_response_time "$request"';
    const times = { ...STABLE, upstream_response_time: '0.100, -, 0.020' };
    assert.equal(parserOf(format).parse(render(format, times))?.ms, 120);
    const none = { ...STABLE, upstream_response_time: '-' };
    assert.equal(parserOf(format).parse(render(format, none))?.ms, undefined);
  });

  const routes = '[$proxy_upstream_name] [$proxy_alternative_upstream_name]';
  const unusable: [what: string, format: string, reason: RegExp][] = [
    ['no status', `${routes} $request_time`, /\$status/],
    ['nothing that tells the canary', '$status $proxy_upstream_name', /\$proxy_alternative_upstream_name/],
    ['nothing that tells the route', '$status $proxy_alternative_upstream_name', /\$proxy_upstream_name/],
    ['nothing', '', /\$status/],
    ['a status between two values of users', `${routes} $request $status $req_id`, /\$status .* \$request,/],
    [
      'a list after a value of users',
      `${routes} $status $req_id $upstream_status`,
      /\$upstream_status .* \$req_id,/,
    ],
    ['a list that a user can prolong', `${routes} $status $upstream_status $req_id`, /\$upstream_status/],
    [
      'a name that a user can prolong',
      '$status $proxy_alternative_upstream_name-$host $proxy_upstream_name',
      /\$proxy_upstream_name|\$proxy_alternative/,
    ],
    ['no text between variables', `$status$request_time ${routes}`, /\$status/],
    ['several lines', `$status\n${routes}`, /several lines/],
  ];
  for (const [what, format, reason] of unusable) {
    it(`says why a format with ${what} is not usable`, () => {
      const compiled = compileFormat(format);
      assert.ok('unusable' in compiled);
      assert.match(compiled.unusable, reason);
    });
  }

  it('does not use a log whose values are not escaped', () => {
    assert.ok('unusable' in compileFormat(DEFAULT_FORMAT, 'none'));
  });
});
