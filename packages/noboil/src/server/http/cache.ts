/** The routes of the cache: what other deployments tell, and numbers for people and machines. */
import type { InvalidateAnswer } from '../../mirror/messages.ts'
import { invalidatePath, readMessage, readOrigins } from '../../mirror/messages.ts'
import { NoboilError } from '../../errors/error.ts'
import type { User } from '../../schema/register.ts'
import { paths } from '../../wire/messages.ts'
import type { CacheDeployment } from '../cache/deployment.ts'
import type { App, AppContext } from './app.ts'

export interface CacheRoutesParts {
  readonly deployment: CacheDeployment
  /** Who calls; null: nobody. Refuses pages of other sites. */
  admit(context: AppContext): Promise<User | null>
  readBody(context: AppContext): Promise<unknown>
  fail(context: AppContext, error: unknown): Response
}

export function addCacheRoutes(app: App, parts: CacheRoutesParts): void {
  const { deployment } = parts
  const guarded =
    (answer: (context: AppContext) => Promise<Response>) =>
    async (context: AppContext): Promise<Response> => {
      try {
        assertAllowed(deployment, await parts.admit(context))
        return await answer(context)
      } catch (error) {
        return parts.fail(context, error)
      }
    }
  app.post(
    invalidatePath,
    guarded(async (context) => {
      const message = readMessage(await parts.readBody(context))
      return json((await deployment.mirrors.receive(message)) satisfies InvalidateAnswer)
    }),
  )
  app.get(
    invalidatePath,
    guarded(async (context) =>
      json(await deployment.mirrors.applied(readOrigins(context.req.queries('origin') ?? []))),
    ),
  )
  app.get(
    `${paths.cache}stats`,
    guarded(async () => json(deployment.stats())),
  )
  app.get(
    paths.metrics,
    guarded(
      async () =>
        new Response(deployment.metrics(), {
          headers: { ...headers, 'content-type': 'text/plain; version=0.0.4; charset=utf-8' },
        }),
    ),
  )
}

function assertAllowed(deployment: CacheDeployment, user: User | null): void {
  if (user === null) throw new NoboilError('NOT_AUTHENTICATED', 'Sign in to do this.')
  if (deployment.isService(user)) return
  throw new NoboilError('FORBIDDEN', 'Only admins and the service account may do this.')
}

const headers = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' }

const json = (value: unknown): Response =>
  new Response(JSON.stringify(value), {
    headers: { ...headers, 'content-type': 'application/json; charset=utf-8' },
  })
