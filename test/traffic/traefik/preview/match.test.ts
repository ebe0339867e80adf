import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { excludesHosts, forHost, namesHost } from '../../../../src/traffic/traefik/preview/match.ts';

const HOST = 'p.example.com';
const OWN = `Host("${HOST}")`;

describe('traffic/traefik/preview/match', () => {
  const rules: [string, string][] = [
    ['Host(`a.example.com`)', OWN],
    ['Host("a.example.com") && PathPrefix(`/x`)', `${OWN} && PathPrefix(\`/x\`)`],
    ['(Host(`a`) || Host(`b`)) && Path(`/x`)', `(${OWN} || ${OWN}) && Path(\`/x\`)`],
    ['Host(`a`, `b`)', OWN],
    ['HostRegexp(`^.+\\.example\\.com$`)', OWN],
    ['host( `a` ) && Method(`GET`)', `${OWN} && Method(\`GET\`)`],
    ['PathPrefix(`/x`)', 'PathPrefix(`/x`)'],
    // its second part is for all hosts
    ['Host(`a`) && Path(`/x`) || Path(`/y`)', `${OWN} && Path(\`/x\`) || Path(\`/y\`)`],
    // a text that looks like a matcher
    ['Header(`X-Of`, `Host("a")`) && Host(`a`)', `Header(\`X-Of\`, \`Host("a")\`) && ${OWN}`],
    ['Header("X", "Host(\\"a\\")")', 'Header("X", "Host(\\"a\\")")'],
  ];
  for (const [rule, expected] of rules) {
    it(rule, () => assert.equal(forHost(rule, HOST), `${OWN} && (${expected})`));
  }

  const excluding: [string, boolean][] = [
    ['!Host(`a`)', true],
    ['PathPrefix(`/`) && ! Host(`a`)', true],
    ['!(Host(`a`) || Path(`/x`))', true],
    ['!(Path(`/x`)) && Host(`a`)', false],
    ['Host(`a`) && !Path(`/x`)', false],
    ['Header(`X`, `!Host(a)`) && Host(`a`)', false],
  ];
  for (const [rule, expected] of excluding) {
    it(`${expected ? 'is' : 'is not'} for all hosts but some: ${rule}`, () =>
      assert.equal(excludesHosts(rule), expected));
  }

  it('knows the hosts that a rule names', () => {
    assert.ok(namesHost(`Host(\`a\`, \`${HOST}\`)`, HOST));
    assert.ok(namesHost(`Path(\`/\`) && Host("${HOST}")`, HOST));
    assert.ok(!namesHost(`Header(\`X\`, \`${HOST}\`)`, HOST));
    assert.ok(!namesHost(`Host(\`x.${HOST}\`)`, HOST));
  });
});
