import * as entries from '../in-place/entries.ts';
import * as places from '../in-place/places.ts';
import { type BackendRef, isTo, type Route, type Rule, rulesOf, withRules } from './routes.ts';

type Split = places.Split;

/** How routes of Gateway API list their backends. */
const ROUTES: places.Dialect<Route, BackendRef> = {
  rules: (route) => rulesOf(route).map(({ backendRefs = [] }) => backendRefs),
  withRules: (route, rules) =>
    withRules(
      route,
      rulesOf(route).map((rule, at) =>
        rule.backendRefs === undefined ? rule : { ...rule, backendRefs: [...(rules[at] ?? [])] },
      ),
    ),
  isTo,
  toCanary: (ref, name) => ({ ...ref, name }),
  absent: 1,
  loneTakesAll: false,
};

const sceneOf = (route: Route, split: Split) => ({ dialect: ROUTES, route, split });
const of = ({ backendRefs = [] }: Rule) => backendRefs;

/** The split Services of a rule. */
export const placesOf = (rule: Rule, route: Route, split: Split) =>
  places.placesOf(sceneOf(route, split), of(rule));
/** The places of a rule that lack their canary, although users are sent there. */
export const lacking = (rule: Rule, route: Route, split: Split) =>
  places.lacking(sceneOf(route, split), of(rule));
/** Whether the rule sends to a canary. */
export const hasCanary = (rule: Rule, route: Route, split: Split) =>
  places.hasCanary(sceneOf(route, split), of(rule));
/** The weights that the rule has while it is split; undefined if the canary could not get 1 %. */
export const wideWeights = (rule: Rule, route: Route, split: Split) =>
  places.wideWeights(sceneOf(route, split), of(rule));

/** Whether the route lacks entries of the canary. */
export const lacksEntries = (route: Route, split: Split) => entries.lacksEntries(sceneOf(route, split));
/** Whether anything of the split is on the route. */
export const hasEntries = (route: Route, split: Split) => entries.hasEntries(sceneOf(route, split));
/** The route with the canary at weight 0 behind every split Service. */
export const withEntries = (route: Route, split: Split) => entries.withEntries(sceneOf(route, split));
/** The route with the canary's share of each pair's users. */
export const withShare = (route: Route, split: Split, percent: number) =>
  entries.withShare(sceneOf(route, split), percent);
/** The route without the canary, with the weights of before. */
export const withoutEntries = (route: Route, split: Split) => entries.withoutEntries(sceneOf(route, split));
/** The largest share that a rule of the route gives to the canary, in percent. */
export const shareOf = (route: Route, split: Split) => entries.shareOf(sceneOf(route, split));
