import { chromium } from '@playwright/test';
import { startHub, endHub, setupPath, editServerConfig } from './support/hub.mjs';
import { newPerson, defaultServer, serverOf } from './support/visitor.mjs';
import { startServer } from './support/jupyter.mjs';
import { newNotebook, runCell, showsLauncher, save } from './support/jupyterlab.mjs';
const hub = await startHub({ settings: { NOTEBOOKS__FREEZE_AFTER: '0', NOTEBOOKS__TIMEOUT: '0' } });
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox','--disable-gpu','--disable-background-networking'] });
try {
  const person = await newPerson(hub, { path: await setupPath(hub) });
  const server = await startServer(person, await defaultServer(person));
  const context = await browser.newContext({ baseURL: hub.origin });
  await context.addCookies(person.browserCookies());
  const lab = await context.newPage();
  const t0 = Date.now(); const t = () => ((Date.now()-t0)/1000).toFixed(1);
  await lab.goto(`/open/${server.server_id}`);
  await showsLauncher(lab); await newNotebook(lab);
  console.log(await runCell(lab, 'kept=41; print(kept)')); await save(lab);
  console.log(t(), 'saved');
  lab.on('request', r => console.log(t(), r.method(), r.url().replace(/^.*localhost:\d+/,''), r.headers()['sec-fetch-dest']));
  lab.on('response', r => console.log(t(), '  ->', r.status(), r.url().replace(/^.*localhost:\d+/,'')));
  lab.on('requestfailed', r => console.log(t(), '  FAILED', r.url().replace(/^.*localhost:\d+/,'')));
  lab.on('websocket', ws => { console.log(t(),'WS', ws.url()); ws.on('framesent', f => console.log(t(),'  sent', String(f.payload).slice(0,120))); ws.on('close', ()=>console.log(t(),'WS closed')); });
  await editServerConfig(hub, { FREEZE_TIMEOUT: 4, NOTEBOOK_TIMEOUT: 3600 });
  let last='';
  for (let i=0;i<(process.env.N??300);i++){ const v=await serverOf(person, server.server_id); const s=v.state+' '+v.cause+' '+v.message.replace(/\d+ s/,'')+v.last_activity_at; if(s!==last) console.log(t(),'STATE',s); last=s; await new Promise(r=>setTimeout(r,250)); }
  // the user comes back
  console.log(t(), 'RUN'); console.log(await runCell(lab, 'print(kept+1)')); console.log(t(), (await serverOf(person, server.server_id)).state);
} finally { await browser.close(); await endHub(hub); }
