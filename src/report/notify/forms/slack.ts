import { plain } from '../../facts/plain.ts';
import { type Tone, toneOf } from '../../facts/summary.ts';
import { linkOfBuild } from '../../web-address.ts';
import { commandsOf, type Notice, textOf, titleOf } from '../notice.ts';

const COLORS: Readonly<Record<Tone, string>> = {
  good: 'good',
  bad: 'danger',
  wait: 'warning',
  calm: '#808080',
};

/**
 * The body for an incoming webhook of Slack, which Mattermost and Rocket.Chat take too. `text` stands in
 * notifications and must be there, or Slack answers "no_text". Slack cuts a text after 4,000 characters.
 */
export function slackBody(notice: Notice): unknown {
  const { moment, facts } = notice;
  const { build } = facts;
  const commands = commandsOf(notice);
  const link = linkOfBuild(build);
  return {
    text: escaped(titleOf(notice)),
    attachments: [
      {
        color: COLORS[moment === 'started' ? 'calm' : toneOf(facts.outcome)],
        fallback: escaped(titleOf(notice)),
        text: [
          ...textOf(notice).map(escaped),
          ...(commands.length > 0 ? ['```', ...commands.map(escaped), '```'] : []),
        ]
          .join('\n')
          .slice(0, MOST),
        mrkdwn_in: ['text'],
        ...(link === undefined ? {} : { title: escaped(`Build ${build?.number}`), title_link: link }),
      },
    ],
  };
}

const MOST = 3_900;

/** The three characters that Slack reads as markup of its own. */
function escaped(text: string): string {
  return plain(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
