import { cardData } from '../../card/data.ts';
import { commandsOf, type Notice, textOf, titleOf } from '../notice.ts';

/**
 * The body for a workflow of Teams: the card of Drone as a message. Teams takes no template, so the card is
 * written out here.
 */
export function teamsBody(notice: Notice): unknown {
  const data = cardData(notice.facts);
  const commands = commandsOf(notice);
  const block = (text: string, more: object = {}) => ({ type: 'TextBlock', text, wrap: true, ...more });
  return {
    type: 'message',
    attachments: [
      {
        contentType: 'application/vnd.microsoft.card.adaptive',
        content: {
          $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
          type: 'AdaptiveCard',
          version: '1.5',
          body: [
            block(titleOf(notice), {
              size: 'Large',
              weight: 'Bolder',
              color: notice.moment === 'started' ? 'Default' : data.color,
            }),
            ...(notice.moment === 'started' ? textOf(notice) : [data.reason]).map((text) => block(text)),
            { type: 'FactSet', facts: data.facts },
            ...(commands.length > 0 ? [block('Next', { weight: 'Bolder' })] : []),
            ...data.next
              .filter(() => commands.length > 0)
              .map((text) => block(text, { fontType: 'Monospace', spacing: 'None' })),
          ],
          actions: data.links.map(({ title, url }) => ({ type: 'Action.OpenUrl', title, url })),
        },
      },
    ],
  };
}
