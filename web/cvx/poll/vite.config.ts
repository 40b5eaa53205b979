/** The poll app on Convex, built into `dist`. `VITE_CONVEX_URL` names the deployment, unless the page says it. */
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react()],
  resolve: { conditions: ['noboil-source', 'module', 'browser', 'development|production'] },
  build: { target: 'es2024', sourcemap: true },
})
