import { shorten } from './duration.ts';
import { readEach } from './faults.ts';
import { list, type Parser, url } from './parsers.ts';

const FORMS = ['slack', 'teams', 'cloudevents', 'grafana', 'github'] as const;

/** A receiver of notices, and the form that it reads. */
export interface NoticeReceiver {
  form: (typeof FORMS)[number];
  url: string;
}

/** A list of `FORM=URL`. A message does not show the address, because that of Slack is a secret. */
export const receivers: Parser<readonly NoticeReceiver[]> = (given) =>
  readEach(list(given), (item, index) => {
    const equals = item.indexOf('=');
    const form = FORMS.find((word) => word === item.slice(0, equals).trim());
    if (form === undefined) {
      throw new Error(`element ${index + 1} is not of the form FORM=URL, where FORM is ${FORMS.join(', ')}`);
    }
    try {
      return { form, url: url(item.slice(equals + 1)) };
    } catch {
      throw new Error(`element ${index + 1} (${form}=…) has no http or https URL`);
    }
  });

const MOMENTS = ['started', 'held', 'promoted', 'failed'] as const;

/** A list of moments of which receivers are told. */
export const moments: Parser<readonly (typeof MOMENTS)[number][]> = (given) =>
  readEach(list(given), (item) => {
    const moment = MOMENTS.find((word) => word === item);
    if (moment === undefined) throw new Error(`"${shorten(item)}" is not one of ${MOMENTS.join(', ')}`);
    return moment;
  });
