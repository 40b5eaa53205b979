/** The movie app for the Node host: built into `dist`, which the server serves under /movie. */
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

export default defineConfig({
  root: import.meta.dirname,
  base: '/movie/',
  plugins: [react()],
  resolve: { conditions: ['noboil-source', 'module', 'browser', 'development|production'] },
  build: { target: 'es2024', sourcemap: true },
  // `npm run dev` beside a running server: the page comes from here, everything else from there.
  server: { proxy: { '/api': process.env['NOBOIL_URL'] ?? 'http://127.0.0.1:3000' } },
})
