/** axe-core on the page as it is now. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type * as Axe from 'axe-core'
import type { Page } from 'playwright-core'

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** Serious and critical violations, each with the elements that it is about. */
export async function violations(page: Page): Promise<readonly string[]> {
  await page.evaluate(source)
  const found = await page.evaluate(async () => {
    const { axe } = window as unknown as { readonly axe: typeof Axe }
    const { violations, passes } = await axe.run()
    return { violations, passed: passes.length }
  })
  if (found.passed === 0) throw new Error(`axe checked nothing on ${page.url()}.`)
  return found.violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map((each) => each.html).join(' ')}`)
}
