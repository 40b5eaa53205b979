/** With `CONVEX_URL` the same pages talk to a deployment that somebody else runs. */
import { useServer } from '@noboil/web-cvx-shared/test/server'
import { end, freePort, startScript } from '@noboil/web-testing/demo'
import { askAsGuest, tally, vote } from '@noboil/web-testing/poll'
import { patience } from '@noboil/web-testing/stage'
import { expect, it } from 'vitest'

const stage = useServer()

it('pages of another server that names the same deployment are in step with this one’s', async () => {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const env = { PORT: String(port), CONVEX_URL: stage.server.convexUrl }
  const other = await startScript('backend/convex/src/start.ts', env, `Movie is open at ${url}`)
  try {
    const [one, two] = [await stage.person(), await stage.person()]
    const path = await askAsGuest(one, 'Same place?', ['Yes', 'No'])
    await two.open(`${url}${path}`)
    await vote(two.page, 'Yes')
    for (const each of [one, two])
      await expect.poll(() => tally(each.page), patience).toEqual({ Yes: 1, No: 0 })
  } finally {
    expect(await end(other, 'SIGTERM')).toBe(0)
  }
})
