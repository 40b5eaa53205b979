/**
 * A person's connection to Convex, for what is shown while it is slow or gone.
 */
import type { Person } from '@noboil/web-testing/stage'
import type { WebSocketRoute } from 'playwright-core'

export interface PersonSocket {
  /** Keeps calls of one function from the deployment, until the answer is called. */
  readonly hold: (path: string) => () => void
  /** Breaks the connection; the page finds none until the answer is called. */
  readonly cut: () => Promise<() => void>
}

/** To be asked for before the person opens a page. */
export async function socketOf({ context }: Person): Promise<PersonSocket> {
  const open = new Set<{ readonly page: WebSocketRoute; readonly server: WebSocketRoute }>()
  let isCut = false
  let held: { readonly path: string; readonly released: Promise<void> } | undefined
  await context.routeWebSocket(/\/api\/[^/]+\/sync$/, (page) => {
    if (isCut) {
      void page.close({ code: 1001 })
      return
    }
    const server = page.connectToServer()
    const both = { page, server }
    open.add(both)
    page.onClose(() => open.delete(both))
    page.onMessage(async (message) => {
      if (held !== undefined && message.includes(`"udfPath":"${held.path}"`)) await held.released
      server.send(message)
    })
  })
  return {
    hold(path) {
      const { promise, resolve } = Promise.withResolvers<void>()
      held = { path, released: promise }
      return () => {
        held = undefined
        resolve()
      }
    },
    async cut() {
      isCut = true
      for (const { page, server } of open) {
        await Promise.all([page.close({ code: 1001 }), server.close()])
      }
      open.clear()
      return () => {
        isCut = false
      }
    },
  }
}

/** What Convex Auth keeps in a signed-in person's browser. */
export async function tokenOf({ page }: Person): Promise<string> {
  const token = await page.evaluate(() => {
    const name = Object.keys(localStorage).find((key) => key.startsWith('__convexAuthJWT'))
    return name === undefined ? null : localStorage.getItem(name)
  })
  if (token === null) throw new Error('Nobody is signed in on this page.')
  return token
}
