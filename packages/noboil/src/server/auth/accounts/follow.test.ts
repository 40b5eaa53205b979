import { beforeEach, describe, expect, it } from 'vitest'
import type { User } from '../../../schema/register.ts'
import type { AccountChange, Dropped } from '../port.ts'
import { Follower } from './follow.ts'

const id = 'users.ann'
const user = (name: string, role = 'user'): User =>
  ({ _id: id, name, image: null, role }) as Partial<User> as User

let account: User | undefined
let events: (AccountChange | Dropped)[]
/** The table takes its time: each change is written when it is let go. */
let waiting: (() => void)[]
let follower: Follower

beforeEach(() => {
  account = user('Ann')
  events = []
  waiting = []
  follower = new Follower(() => account)
  follower.listener = {
    dropped: (dropped) => events.push(dropped),
    async changed(change) {
      await new Promise<void>((resolve) => waiting.push(resolve))
      events.push(change)
    },
  }
})

async function letGo(): Promise<void> {
  await turn()
  waiting.shift()?.()
  await turn()
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('following an account', () => {
  it('tells one change after the other, each as the account is when its turn comes', async () => {
    const first = follower.follow(id)
    await turn()
    account = user('Anna')
    const second = follower.follow(id)
    account = user('Annabel')
    const third = follower.follow(id)
    await turn()
    expect(waiting).toHaveLength(1)
    await letGo()
    await letGo()
    await Promise.all([first, second, third])
    expect(events).toEqual([
      { type: 'put', user: user('Ann') },
      { type: 'put', user: user('Annabel') },
    ])
    expect(follower.isTold(user('Annabel'))).toBe(true)
    expect(follower.isTold(user('Anna'))).toBe(false)
  })

  it('drops sessions of another role before the table has it', async () => {
    const first = follower.follow(id)
    await letGo()
    await first
    account = user('Ann', 'admin')
    const second = follower.follow(id)
    await turn()
    expect(events.slice(1)).toEqual([{ user: id }])
    await letGo()
    await second
    expect(events.slice(2)).toEqual([{ type: 'put', user: user('Ann', 'admin') }])
  })

  it('goes on after a telling that failed', async () => {
    const { listener } = follower
    follower.listener = {
      dropped: () => {},
      async changed() {
        follower.listener = listener
        throw new Error('full')
      },
    }
    const failed = follower.follow(id)
    const next = follower.follow(id)
    await expect(failed).rejects.toThrow('full')
    await letGo()
    await next
    expect(events).toHaveLength(1)
  })

  it('that is being removed brings nothing back', async () => {
    const removed = follower.remove(id, async () => {
      account = undefined
    })
    const late = follower.follow(id)
    await letGo()
    await Promise.all([removed, late])
    expect(events).toEqual([{ type: 'removed', userId: id }])
    expect(waiting).toEqual([])
  })

  it('with nobody listening tells nothing, and tells it later', async () => {
    const { listener } = follower
    follower.listener = undefined
    await follower.follow(id)
    follower.listener = listener
    const told = follower.follow(id)
    await letGo()
    await told
    expect(events).toHaveLength(1)
  })
})
