/**
 * Convex without a deployment: the real client's other end, in a test's own process or on a port of this machine.
 */
import {
  type FunctionArgs,
  type FunctionReference,
  type FunctionReturnType,
  type GenericDataModel,
  type GenericMutationCtx,
  getFunctionName,
  type StorageActionWriter,
} from 'convex/server'
import type { Value } from 'convex/values'
import { Deployment, type DeploymentConfig } from './deployment.ts'
import type { FunctionKind } from './functions.ts'
import { answer } from './http.ts'
import type { Identity } from './identity.ts'
import { listen, type Listening, type ListenOptions } from './listen.ts'
import { type Socket, socketClass } from './socket.ts'

type AnyReference<kind extends FunctionKind> = FunctionReference<kind, 'public' | 'internal'>

type Args<reference extends AnyReference<FunctionKind>> =
  Record<never, never> extends FunctionArgs<reference>
    ? [args?: FunctionArgs<reference>]
    : [args: FunctionArgs<reference>]

/** Calls functions as somebody, internal ones too: tests stand where the app's own code stands. */
export interface Actor {
  query<reference extends AnyReference<'query'>>(
    reference: reference,
    ...args: Args<reference>
  ): Promise<FunctionReturnType<reference>>
  mutation<reference extends AnyReference<'mutation'>>(
    reference: reference,
    ...args: Args<reference>
  ): Promise<FunctionReturnType<reference>>
  action<reference extends AnyReference<'action'>>(
    reference: reference,
    ...args: Args<reference>
  ): Promise<FunctionReturnType<reference>>
}

export interface TestDeployment extends Actor {
  /** The address for a `ConvexReactClient` in this process, beside {@link TestDeployment.WebSocket}. */
  readonly url: string
  /** The client's `webSocketConstructor`, for a client in this process. */
  readonly WebSocket: typeof WebSocket
  /** Calls as a signed-in caller: `as({ subject: 'ann', role: 'admin' })`. */
  as(identity: Identity): Actor
  /** A token that says so, for `setAuth` and `ConvexProviderWithAuth`. Valid on this deployment, for an hour unless said otherwise. */
  token(identity: Identity, options?: { readonly expiresInMs?: number }): string
  /** Reads and writes without any function, in one transaction. Clients follow. */
  run<result>(
    work: (
      ctx: GenericMutationCtx<GenericDataModel> & { storage: StorageActionWriter },
    ) => Promise<result>,
  ): Promise<result>
  /** HTTP without a network: HTTP actions, uploads and files, Convex's HTTP API. */
  fetch(url: string, init?: RequestInit): Promise<Response>
  /** Keeps mutations of clients waiting until the answer is called: for what is shown meanwhile. */
  hold(): () => void
  /** Breaks the connection of every client in this process; they come back by themselves. */
  disconnect(): void
  /**
   * Waits for scheduled functions that are running. With `advanceTimers` (`vi.runAllTimers`) runs all that are scheduled, and
   * what those schedule.
   */
  finishScheduled(advanceTimers?: () => void): Promise<void>
  /** Every client has been sent everything that was committed. */
  caughtUp(): Promise<void>
  /** Serves browsers, and starts the jobs of `crons.ts`. */
  listen(options?: ListenOptions): Promise<Listening>
}

const defaultExpiryMs = 3_600_000

/** A deployment of an app's functions in this process, with nothing in its tables. See `docs/convex.md` for what it does not check. */
export function createTestDeployment(config: DeploymentConfig): TestDeployment {
  const deployment = new Deployment(config)
  const opened = new Set<Socket>()
  const url = deployment.siteUrl
  return {
    ...actor(deployment, null),
    url,
    WebSocket: socketClass(deployment, opened),
    as: (identity) => actor(deployment, identity),
    token: (identity, { expiresInMs = defaultExpiryMs } = {}) =>
      deployment.identities.token(identity, expiresInMs),
    run: (work) => deployment.run(work),
    fetch: (path, init) => answer(deployment, new Request(new URL(path, deployment.siteUrl), init)),
    hold: () => deployment.hold(),
    disconnect() {
      for (const socket of [...opened]) socket.close(1006, 'TestDisconnect')
    },
    finishScheduled: (advanceTimers) => deployment.scheduled(advanceTimers),
    caughtUp: () => deployment.caughtUp(),
    listen: (options = {}) => listen(deployment, options),
  }
}

function actor(deployment: Deployment, identity: Identity | null): Actor {
  const calls =
    (kind: FunctionKind) =>
    async (reference: AnyReference<FunctionKind>, ...[args = {}]: [args?: object]) => {
      const path = getFunctionName(reference)
      const given = args as Record<string, Value>
      const result = await deployment.call({ kind, path, args: given, identity })
      await deployment.caughtUp()
      return result as never
    }
  return { query: calls('query'), mutation: calls('mutation'), action: calls('action') }
}
