/**
 * The poll app on an in-memory backend, for looking at. Switches in the address:
 *
 *   as=nobody|guest|member|admin            who is signed in (member)
 *   state=ready|empty|loading|error         what there is to show
 *   connection=live|offline|connecting
 *   banner                                  a site banner is set
 *   busy                                    others keep voting
 *   fail=<CODE>                             every mutation fails with this code
 *   crash                                   the home page throws while rendering
 *
 * `window.preview` is the store, to act as another browser: preview.castOther('poll-1', 0).
 */
import { createRoot } from 'react-dom/client'
import { PollApp } from '../poll-app.tsx'
import { fakeBackend } from './fake-backend.ts'
import { FakeStore } from './fake-store.ts'
import { switchesFrom } from './switches.ts'

const store = new FakeStore(switchesFrom(location.search))
Object.assign(window, { preview: store })

if (store.switches.busy) {
  let turn = 0
  setInterval(() => {
    turn += 1
    store.castOther('poll-1', (turn * turn) % 4)
  }, 1_400)
}

const root = document.getElementById('root')
if (!root) throw new Error('The page has no #root')
createRoot(root).render(
  <PollApp
    backend={fakeBackend(store)}
    signInNote="In this preview any password of eight characters will do; maren@ is an admin."
    footer="Preview on an in-memory backend."
  />,
)
