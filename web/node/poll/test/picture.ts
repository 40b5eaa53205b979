/**
 * Makes the README's picture, docs/pictures/poll.png: two people in front of the real app, one of whom has just voted.
 *
 *     node --conditions=noboil-source web/node/poll/test/picture.ts
 */
import { resolve } from 'node:path'
import { drawWindows } from '@noboil/web-node-shared/test/windows'
import type { Browser, Page } from 'playwright-core'
import { launchBrowser } from '@noboil/web-testing/browser'
import { type Server, startServer } from '@noboil/web-node-shared/test/server'
import { option, vote } from '@noboil/web-testing/poll'

const target = resolve(import.meta.dirname, '../../../../docs/pictures/poll.png')
const question = 'Where do we put the new bicycle stands?'
const size = { width: 800, height: 690 }

const server = await startServer()
const browser = await launchBrowser()
try {
  await drawWindows(browser, target, size, await twoPeople(browser, server))
} finally {
  await browser.close()
  await server.close()
}

/** What each of the two sees at the moment when the other's third ballot lands. */
async function twoPeople(inBrowser: Browser, at: Server): Promise<readonly Buffer[]> {
  const left = await arrive(inBrowser, at, 'light', 'Mira Lund')
  const right = await arrive(inBrowser, at, 'dark', 'Jonas Beck')
  await vote(right, 'At the tram stop')
  await vote(left, 'Behind the market hall')
  await landed(right, 2)
  await option(left, 'In front of the library').click()
  await landed(right, 3)
  await landed(left, 3)
  return [await left.screenshot(), await right.screenshot()]
}

async function arrive(
  inBrowser: Browser,
  at: Server,
  theme: 'light' | 'dark',
  name: string,
): Promise<Page> {
  const context = await inBrowser.newContext({
    baseURL: at.url,
    viewport: size,
    colorScheme: theme,
    reducedMotion: 'reduce',
  })
  const page = await context.newPage()
  await page.goto('/sign-in')
  await page.getByRole('button', { name: 'Continue as a guest' }).click()
  await page.getByRole('link', { name: /, your profile$/ }).waitFor()
  await page.goto('/profile')
  await page.getByLabel('Display name').fill(name)
  await page.getByRole('button', { name: 'Save name' }).click()
  await page.getByRole('link', { name: `${name}, your profile` }).waitFor()
  await page.goto('/')
  await page.getByRole('heading', { name: question }).click()
  await page.getByText('Ballots that land while you watch').waitFor()
  await page.evaluate(() => document.fonts.ready)
  return page
}

async function landed(page: Page, count: number): Promise<void> {
  await page.getByText(`${count} since you arrived`).waitFor()
}
