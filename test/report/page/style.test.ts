import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { STYLE } from '../../../src/report/page/style.ts';

/** The colours of a scheme, by name. */
function coloursOf(rule: string): Map<string, string> {
  return new Map([...rule.matchAll(/--(\w+):(#\w+)/g)].map(([, name = '', value = '']) => [name, value]));
}

/** The relative luminance of a colour, 0 to 1 (WCAG 2.2). */
function luminance(colour: string): number {
  const digits = colour.length === 4 ? colour.replace(/[^#]/g, '$&$&') : colour;
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(digits.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** WCAG asks for 4.5 and more for texts. */
function contrast(one: string, other: string): number {
  const [less = 0, more = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (more + 0.05) / (less + 0.05);
}

const [light = '', dark = ''] = [...STYLE.matchAll(/:root\{([^}]*)\}/g)].map(([, rule]) => rule);
const PAIRS = [
  ...['fg', 'soft', 'calm', 'canary', 'stable', 'bound', 'weight', 'good', 'bad', 'wait'].map((name) => [
    name,
    'bg',
  ]),
  ...['good', 'bad', 'wait', 'calm'].map((name) => [name, `${name}bg`]),
  ...['goodbg', 'badbg', 'waitbg', 'calmbg', 'box'].map((name) => ['fg', name]),
];

describe('report/page/style', () => {
  for (const [scheme, rule] of Object.entries({ light, dark }))
    for (const [text = '', ground = ''] of PAIRS)
      it(`${scheme}: ${text} can be read on ${ground}`, () => {
        const colours = coloursOf(rule);
        const found = contrast(colours.get(text) ?? '', colours.get(ground) ?? '');
        assert.ok(found >= 4.5, `${found}`);
      });
});
