/**
 * The movie app on an in-memory backend, for looking at. Switches in the address:
 *
 *   as=nobody|guest|admin                   who is signed in (nobody)
 *   state=ready|empty|loading|error         what there is to show
 *   connection=live|offline|connecting
 *   upstream=ok|error|hang|garbage|real     what the catalogue does; a real one has no switch
 *   fail=<CODE>                             every call fails with this code
 *   crash                                   the home page throws while rendering
 *
 * `window.preview` is the store, to act as another browser or another deployment: preview.fetch(105), preview.hear().
 */
import { createRoot } from 'react-dom/client'
import { SiteBar } from '../../base/site-bar.tsx'
import { MovieApp } from '../movie-app.tsx'
import { fakeBackend } from './fake-backend.ts'
import { FakeStore } from './fake-store.ts'
import { switchesFrom } from './switches.ts'

const store = new FakeStore(switchesFrom(location.search))
Object.assign(window, { preview: store })

const root = document.getElementById('root')
if (!root) throw new Error('The page has no #root')
createRoot(root).render(
  <MovieApp
    backend={fakeBackend(store)}
    siteBar={<SiteBar title="noboil" apps={[{ name: 'Movie', href: '/' }]} current="/" />}
    signInNote="In this preview any password of eight characters will do; maren@ is an admin."
    footer="Preview on an in-memory backend."
  />,
)
