import * as parse from '../../src/settings/parsers.ts';
import { type Taken, table } from './parser-table.ts';

table(
  'settings/parsers, word',
  parse.word(['auto', 'native']),
  [
    ['auto', 'auto'],
    ['NATIVE', 'native'],
    [' auto\n', 'auto'],
  ],
  [
    ['', /^"" is not one of auto, native$/],
    ['nativ', /^"nativ" is not one of/],
    ['constructor', /is not one of/],
  ],
);

table('text', parse.text, [[' a\nb ', ' a\nb ']], []);

const control = /^contains a line break or another control character$/;
table(
  'settings/parsers, pagePath',
  parse.pagePath,
  [[' reports/a.html', 'reports/a.html']],
  [
    ['a.json', /^"a.json" does not end in .html$/],
    ['reports/.html', /does not end in .html$/],
    ['a\n.html', control],
  ],
);
table(
  'settings/parsers, line',
  parse.line,
  [
    [' a b\n', 'a b'],
    ['grüße', 'grüße'],
  ],
  [
    ['a\nb', control],
    ['a\u0000', control],
    ['a\u001b[31mb', control],
    ['a\u007fb', control],
  ],
);

table(
  'settings/parsers, flag',
  parse.flag,
  [
    ...['true', 'True', 'yes', 'on', '1', ' true\n'].map((text): Taken => [text, true]),
    ...['false', 'FALSE', 'no', 'off', '0'].map((text): Taken => [text, false]),
  ],
  [
    ['', /^"" is not a boolean; write true or false$/],
    ['2', /is not a boolean/],
    ['truefalse', /is not a boolean/],
  ],
);

table(
  'settings/parsers, list',
  parse.list,
  [
    ['a', ['a']],
    ['a,b', ['a', 'b']],
    [' a , b ,, ', ['a', 'b']],
    [',', []],
    ['["a,b","c"]', ['a,b', 'c']],
    ['["x",true,2.5]', ['x', 'true', '2.5']],
    ['["", " ", null, " a "]', ['a']],
    ['[]', []],
  ],
  [
    ['[a]', /^begins with "\[" but is not valid JSON$/],
    ['["a"', /^begins with "\[" but is not/],
    ['["a",{"b":1}]', /^contains a map or a list; its elements must be/],
    ['[["a"]]', /^contains a map or a list; its elements must be/],
  ],
);

table(
  'settings/parsers, integers',
  parse.integers,
  [
    ['200', [200]],
    ['200, 204', [200, 204]],
    ['[200,204]', [200, 204]],
  ],
  [
    ['2xx', /^"2xx" is not a whole number$/],
    ['-1', /not a whole number/],
    ['2.5', /not a whole number/],
    ['0x10', /not a whole number/],
    ['1e3', /not a whole number/],
    ['1234567890', /not a whole number/],
  ],
);

const address = /is not an http or https URL$/;
table(
  'settings/parsers, urls',
  parse.urls,
  [
    ['http://keel:9300/v1', ['http://keel:9300/v1']],
    ['http://a/, https://b/', ['http://a/', 'https://b/']],
    ['["http://a/?x=1,2"]', ['http://a/?x=1,2']],
  ],
  [
    ['keel', address],
    ['keel:9300', address],
    ['//keel/', address],
    ['ftp://keel/', address],
    ['javascript:alert(1)', address],
    ['http://', address],
    ['http://a b/', address],
    ['http://a/,b', /^"b" is not/],
    ['ftp://ann:hunter22@keel/x', /^"ftp:\/\/\*\*\*@keel\/x" is not/],
    ['keel?token=hunter22', /^"keel\?…" is not/],
  ],
);

table(
  'settings/parsers, apiServer',
  parse.apiServer,
  [
    [' https://192.0.2.1:6443\n', 'https://192.0.2.1:6443'],
    ['http://127.0.0.1:8080/k8s/', 'http://127.0.0.1:8080/k8s/'],
  ],
  [
    ['127.0.0.1:6443', /is not an http or https URL; write https:\/\/127\.0\.0\.1:6443$/],
    ['localhost:6443', /is not an http or https URL; write https:\/\/localhost:6443$/],
    ['k8s.example.com', /is not an http or https URL; write https:\/\/k8s\.example\.com$/],
    ['[::1]:6443', /is not an http or https URL; write https:\/\/\[::1\]:6443$/],
    ['ftp://192.0.2.1', address],
    ['https://', address],
    ['two words', address],
    ['192.0.2.1:port', address],
    ['ann:hunter22@192.0.2.1', /^"\*\*\*@192\.0\.2\.1" is not an http or https URL$/],
  ],
);

const pem = /^must be PEM \(-----BEGIN …\) or the base64 of PEM$/;
const CERTIFICATE = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
table(
  'settings/parsers, pem',
  parse.pem,
  [
    [CERTIFICATE, CERTIFICATE],
    [Buffer.from(CERTIFICATE).toString('base64'), CERTIFICATE],
    [CERTIFICATE.replaceAll('\n', '\\n'), CERTIFICATE],
  ],
  [
    ['notpem', pem],
    ['/etc/ssl/ca.crt', pem],
    [Buffer.from('hello world').toString('base64'), pem],
  ],
);

table(
  'settings/parsers, headers',
  parse.headers,
  [
    ['', {}],
    ['X-A=1', { 'X-A': '1' }],
    ['X-A=1, X-B = b=c ', { 'X-A': '1', 'X-B': 'b=c' }],
    ['X-Empty=', { 'X-Empty': '' }],
    ['{"X-A":1,"X-B":"a,b","X-C":true}', { 'X-A': '1', 'X-B': 'a,b', 'X-C': 'true' }],
    ['["X-A=1,2"]', { 'X-A': '1,2' }],
    ['{}', {}],
  ],
  [
    ['X-A', /^element 1 is not of the form Name=value$/],
    ['X-A=1,b', /^element 2 is not of the form Name=value$/],
    ['=x', /^element 1 is not of the form/],
    ['X A=1', /^element 1 has no valid header name$/],
    ['X-A=1,X:B=1', /^element 2 has no valid header name$/],
    ['{"X-A\\r\\nX-B":"1"}', /^element 1 has no valid header name$/],
    ['{"":"1"}', /^element 1 has no valid/],
    ['{"X-A":"1\\r\\nX-B: 2"}', /^the value of X-A contains a line break$/],
    ['{"X-A":{"b":1}}', /^the value of X-A must be a string, a number or a boolean$/],
    ['{"X-A":["b"]}', /^the value of X-A must be a string, a number or a boolean$/],
    ['{"X-A":null}', /^the value of X-A must be a string, a number or a boolean$/],
    ['{"X-A":1', /^begins with "\{" but is not valid JSON$/],
  ],
);
