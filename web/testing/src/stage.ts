/**
 * One demo, one browser, and people in front of them: each with a browser context of their own. After every test, whatever
 * went wrong in any of their pages (console, exceptions, requests) fails it, unless the test said that it would.
 */
import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import { launchBrowser } from './browser.ts'
import { slowContext, slowPage } from './slow.ts'
import type { Demo } from './demo.ts'

export interface Person {
  readonly page: Page
  readonly context: BrowserContext
  /** Opens a path of the app, and waits until it is live. */
  readonly open: (path: string) => Promise<void>
  /** What this person will meet on purpose, e.g. a refusal's 403. */
  readonly allow: (problem: RegExp) => void
}

export interface PersonOptions {
  readonly widthPx?: number
  readonly theme?: 'light' | 'dark'
  /** A second tab: the same cookies, another page. */
  readonly context?: BrowserContext
  /** In front of another deployment than the stage's own. */
  readonly url?: string
}

export interface Stage<demo extends Demo = Demo> {
  readonly server: demo
  readonly person: (options?: PersonOptions) => Promise<Person>
}

/** For whatever is waited for; a machine that runs other things is slow. */
export const patience = { timeout: 20_000 } as const

/** What a browser's console says of a call that the server refuses. */
export const refusal = /response: 4\d\d|status of 4\d\d|\[CONVEX/

/** Registers the hooks of the calling file. What it answers can be used inside tests and hooks. */
export function useStage<demo extends Demo>(start: () => Promise<demo>): Stage<demo> {
  let server: demo | undefined
  let browser: Browser | undefined
  let people: Watched[] = []
  beforeAll(async () => {
    server = await start()
    browser = await launchBrowser()
  })
  afterEach(async ({ task }) => {
    const present = people
    people = []
    if (task.result?.state === 'fail') await picture(present, task.name)
    const problems = present.flatMap((person) => person.problems())
    for (const person of present) await person.context.close()
    expect(problems, 'console errors and failed requests').toEqual([])
  })
  afterAll(async () => {
    await browser?.close()
    expect(await server?.close()).toBe(0)
  })
  return {
    get server(): demo {
      if (server === undefined) throw new Error('The demo is not there before the first test.')
      return server
    },
    person: async (options = {}) => {
      if (browser === undefined || server === undefined) throw new Error('Nothing is started.')
      const person = await watched(browser, options.url ?? server.url, options)
      people.push(person)
      return person
    },
  }
}

interface Watched extends Person {
  readonly problems: () => readonly string[]
}

async function watched(browser: Browser, url: string, options: PersonOptions): Promise<Watched> {
  const context = options.context ?? (await newContext(browser, url, options))
  const page = await context.newPage()
  await slowPage(page)
  page.setDefaultTimeout(patience.timeout)
  const met: string[] = []
  const allowed: RegExp[] = []
  page.on('console', (message) => {
    if (message.type() !== 'error' && message.type() !== 'warning') return
    met.push(`console: ${message.text()} (${message.location().url})`)
  })
  page.on('pageerror', (error) => met.push(`exception: ${error.message}`))
  page.on('requestfailed', (request) => {
    const why = request.failure()?.errorText ?? ''
    // The page itself hangs up: a stream when the person changes, anything when it is left.
    if (why !== 'net::ERR_ABORTED') met.push(`request: ${why} ${request.method()} ${request.url()}`)
  })
  page.on('response', (response) => {
    if (response.status() < 400) return
    met.push(`response: ${response.status()} ${response.request().method()} ${response.url()}`)
  })
  return {
    page,
    context,
    allow: (problem) => void allowed.push(problem),
    problems: () => met.filter((problem) => !allowed.some((each) => each.test(problem))),
    open: async (path) => {
      await page.goto(path)
      await page.locator('#main h1').first().waitFor()
      await expect.poll(() => page.locator('#main [aria-busy=true]').count(), patience).toBe(0)
    },
  }
}

async function newContext(
  browser: Browser,
  url: string,
  { widthPx = 1280, theme = 'light' }: PersonOptions,
): Promise<BrowserContext> {
  const context = await browser.newContext({
    baseURL: url,
    viewport: { width: widthPx, height: widthPx < 600 ? 844 : 900 },
    colorScheme: theme,
    reducedMotion: 'reduce',
    hasTouch: widthPx < 600,
  })
  await slowContext(context)
  return context
}

async function picture(people: readonly Watched[], test: string): Promise<void> {
  const folder = resolve(import.meta.dirname, '../../../.cache/test/browser')
  mkdirSync(folder, { recursive: true })
  for (const [at, { page }] of people.entries()) {
    const name = `${test.replaceAll(/[^a-z0-9]+/gi, '-')}-${at + 1}.png`
    // A page that is gone has no picture; the failure itself is what is reported.
    await page.screenshot({ path: join(folder, name), timeout: 5_000 }).catch(() => undefined)
  }
}
