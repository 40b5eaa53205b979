/**
 * A picture for a readme: what two people see, as two windows side by side.
 */
import { mkdir, stat, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Browser } from 'playwright-core'

export interface Size {
  readonly width: number
  readonly height: number
}

/** Writes `target`. The first window is light, the second dark. */
export async function drawWindows(
  browser: Browser,
  target: string,
  size: Size,
  shots: readonly Buffer[],
): Promise<void> {
  await mkdir(dirname(target), { recursive: true })
  await writeFile(target, await compose(browser, size, shots))
  console.log(`${target}: ${Math.round((await stat(target)).size / 1_024)} KB`)
}

/** The two windows side by side on one ground. */
async function compose(inBrowser: Browser, size: Size, shots: readonly Buffer[]): Promise<Buffer> {
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
