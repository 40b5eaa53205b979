/* eslint-disable */
/**
 * Generated `api` utility.
 *
 * THIS CODE IS AUTOMATICALLY GENERATED.
 *
 * To regenerate, run `npx convex dev`.
 * @module
 */

import type { ApiFromModules, FilterApi, FunctionReference } from 'convex/server'
import type * as auth from '../auth.js'
import type * as ballots from '../ballots.js'
import type * as comment from '../comment.js'
import type * as crons from '../crons.js'
import type * as http from '../http.js'
import type * as movie from '../movie.js'
import type * as movies from '../movies.js'
import type * as noboil from '../noboil.js'
import type * as poll from '../poll.js'
import type * as poll_auth from '../poll/auth.js'
import type * as poll_pub from '../poll/pub.js'
import type * as profile from '../profile.js'
import type * as seed from '../seed.js'
import type * as siteConfig from '../siteConfig.js'
import type * as users from '../users.js'
import type * as vote from '../vote.js'
import type * as vote_auth from '../vote/auth.js'
import type * as vote_pub from '../vote/pub.js'

/**
 * A utility for referencing Convex functions in your app's API.
 *
 * Usage:
 * ```js
 * const myFunctionReference = api.myModule.myFunction;
 * ```
 */
declare const fullApi: ApiFromModules<{
  auth: typeof auth
  ballots: typeof ballots
  comment: typeof comment
  crons: typeof crons
  http: typeof http
  movie: typeof movie
  movies: typeof movies
  noboil: typeof noboil
  poll: typeof poll
  'poll/auth': typeof poll_auth
  'poll/pub': typeof poll_pub
  profile: typeof profile
  seed: typeof seed
  siteConfig: typeof siteConfig
  users: typeof users
  vote: typeof vote
  'vote/auth': typeof vote_auth
  'vote/pub': typeof vote_pub
}>
export declare const api: FilterApi<typeof fullApi, FunctionReference<any, 'public'>>
export declare const internal: FilterApi<typeof fullApi, FunctionReference<any, 'internal'>>
