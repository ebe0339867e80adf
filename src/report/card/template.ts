/**
 * The template of the card, for Adaptive Cards 1.5. Drone's page fills it with the data (Adaptive Cards
 * Templating). A field that the data lacks would be shown as `${name}`, so CardData has every field always.
 */
export const TEMPLATE = {
  type: 'AdaptiveCard',
  version: '1.5',
  body: [
    {
      type: 'TextBlock',
      size: 'Large',
      weight: 'Bolder',
      // biome-ignore-start lint/suspicious/noTemplateCurlyInString: the page fills these
      text: '${word}',
      color: '${color}',
    },
    { type: 'TextBlock', text: '${reason}', wrap: true },
    { type: 'FactSet', facts: [{ $data: '${facts}', title: '${title}', value: '${value}' }] },
    { type: 'TextBlock', text: '${heading}', weight: 'Bolder', $when: "${heading!=''}" },
    {
      type: 'TextBlock',
      $data: '${next}',
      text: '${$data}',
      fontType: 'Monospace',
      wrap: true,
      spacing: 'None',
    },
  ],
  actions: [{ type: 'Action.OpenUrl', $data: '${links}', title: '${title}', url: '${url}' }],
  // biome-ignore-end lint/suspicious/noTemplateCurlyInString: the page fills these
} as const;

/**
 * The template as an address that needs no server. Drone keeps 2,000 characters of it at most
 * (migrations of `step_schema`).
 */
export function templateUrl(): string {
  const text = Buffer.from(JSON.stringify(TEMPLATE)).toString('base64');
  return `data:application/json;base64,${text}`;
}
