import './configure-zod.ts';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { startConnection } from './connection/start.ts';
import { ErrorBoundary } from './shell/error-boundary.tsx';
import { followAddress } from './stores/page-store.ts';
import { restoreTheme } from './stores/theme-store.ts';
import './styles/base.css';

restoreTheme();
startConnection();
followAddress();

const root = document.getElementById('root');
if (root === null) throw new Error('The page has no #root.');
createRoot(root).render(
  <StrictMode>
    <ErrorBoundary>
      <App />
    </ErrorBoundary>
  </StrictMode>,
);
