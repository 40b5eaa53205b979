/**
 * Makes the README's picture, docs/pictures/poll.png: two people in front of the real app, one of whom has just voted.
 *
 *     node --conditions=noboil-source web/node/poll/test/picture.ts
 */
import { mkdir, stat, writeFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { launchBrowser } from '@noboil/web-node-shared/test/browser'
import { type Server, startServer } from '@noboil/web-node-shared/test/server'
import { option, vote } from './steps.ts'

const target = resolve(import.meta.dirname, '../../../../docs/pictures/poll.png')
const question = 'Where do we put the new bicycle stands?'
const size = { width: 800, height: 690 }

const server = await startServer()
const browser = await launchBrowser()
try {
  const png = await compose(browser, await twoPeople(browser, server))
  await mkdir(dirname(target), { recursive: true })
  await writeFile(target, png)
  console.log(`${target}: ${Math.round((await stat(target)).size / 1_024)} KB`)
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

/** The two windows side by side on one ground. */
async function compose(inBrowser: Browser, shots: readonly Buffer[]): Promise<Buffer> {
  const windows = shots.map(
    (shot) => `<figure><i></i><i></i><i></i>
      <img alt="" src="data:image/png;base64,${shot.toString('base64')}"></figure>`,
  )
  const page = await inBrowser.newPage({
    viewport: { width: 2 * size.width + 108, height: size.height + 106 },
  })
  await page.setContent(`<style>
    body { margin: 0; padding: 36px; display: flex; gap: 36px; background: #c9d3c6 }
    figure { margin: 0; padding-top: 34px; border-radius: 12px; overflow: hidden; position: relative;
      background: #e3e8df; box-shadow: 0 0 0 1px #15201a26 }
    figure + figure { background: #27322b }
    i { position: absolute; top: 11px; left: 16px; width: 12px; height: 12px; border-radius: 50%;
      background: #7d8a81; opacity: 0.55 }
    i:nth-of-type(2) { left: 36px } i:nth-of-type(3) { left: 56px }
    img { display: block }
  </style>${windows.join('')}`)
  await page.waitForFunction(() => [...document.images].every((image) => image.complete))
  return page.screenshot()
}
