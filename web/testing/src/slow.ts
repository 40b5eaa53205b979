/**
 * A slow machine behind a slow line, to find tests that are right only when everything is quick:
 * `SLOW_PAGES=6 npx vitest run --project browser` gives every page a sixth of the processor, and has whatever it sends
 * wait for up to 60 ms times that.
 */
import type { BrowserContext, Page } from 'playwright-core'

const slowness = Number(process.env['SLOW_PAGES'] ?? 0)

export async function slowPage(page: Page): Promise<void> {
  if (slowness <= 1) return
  const devtools = await page.context().newCDPSession(page)
  await devtools.send('Emulation.setCPUThrottlingRate', { rate: slowness })
}

/** What its pages ask for and say, unless a test has its own way with it. */
export async function slowContext(context: BrowserContext): Promise<void> {
  if (slowness <= 1) return
  await context.route('**/api/**', async (route) => {
    await pause()
    // A page that was closed meanwhile has nothing to send.
    await route.fallback().catch(() => undefined)
  })
  await context.routeWebSocket(/./, (here) => {
    const there = here.connectToServer()
    const [up, down] = [line(), line()]
    here.onMessage((message) => up(() => there.send(message)))
    here.onClose(() => up(() => void there.close()))
    there.onMessage((message) => down(() => here.send(message)))
    there.onClose(() => down(() => void here.close()))
  })
}

const pause = (): Promise<void> =>
  new Promise((done) => {
    setTimeout(done, Math.random() * 60 * slowness)
  })

/** What is put on it happens late, but in the order of arrival. */
function line(): (deliver: () => void) => void {
  let before = Promise.resolve()
  return (deliver) => {
    before = before.then(pause).then(deliver)
  }
}
