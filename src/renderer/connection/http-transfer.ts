import { z } from 'zod';
import { Problem, ProblemError } from '../../common/problem.ts';
import { text } from '../text/en.ts';
import type { FileTransfer } from './engine-client.ts';

const Uploaded = z.object({ path: z.string(), sizeBytes: z.number() });
const Link = z.object({ url: z.string() });
const Failure = z.object({ data: Problem });

/** Uploads and download links of `gantry serve`, beside the contract because they carry files. */
export function httpTransfer(origin: string, token: string): FileTransfer {
  const authorization = `Bearer ${token}`;
  return {
    upload: (file, onProgress, signal) =>
      new Promise((resolve, reject) => {
        // fetch cannot tell how much of a request body has been sent; XMLHttpRequest can.
        const request = new XMLHttpRequest();
        const abort = () => request.abort();
        request.open('PUT', new URL(`/api/v1/uploads/${encodeURIComponent(file.name)}`, origin));
        request.setRequestHeader('authorization', authorization);
        request.setRequestHeader('content-type', 'application/octet-stream');
        request.upload.addEventListener('progress', (event) => {
          if (event.lengthComputable && event.total > 0) onProgress(event.loaded / event.total);
        });
        request.addEventListener('load', () => {
          const answer = Uploaded.safeParse(jsonOrNull(request.responseText));
          if (request.status < 300 && answer.success) resolve(answer.data);
          else reject(new ProblemError(failureOf(request.responseText)));
        });
        request.addEventListener('error', () => reject(new ProblemError(text.problems.uploadBroken)));
        request.addEventListener('abort', () => reject(new DOMException('Aborted', 'AbortError')));
        request.addEventListener('loadend', () => signal.removeEventListener('abort', abort));
        if (signal.aborted) {
          reject(new DOMException('Aborted', 'AbortError'));
          return;
        }
        signal.addEventListener('abort', abort);
        request.send(file);
      }),
    outputLink: async (id) => {
      const response = await fetch(new URL(`/api/v1/jobs/${id}/output-link`, origin), {
        method: 'POST',
        headers: { authorization },
      });
      const body = await response.text();
      const answer = Link.safeParse(jsonOrNull(body));
      if (!response.ok || !answer.success) throw new ProblemError(failureOf(body));
      return new URL(answer.data.url, origin).toString();
    },
  };
}

function jsonOrNull(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
}

function failureOf(body: string): Problem {
  const json = jsonOrNull(body);
  const wrapped = Failure.safeParse(json);
  if (wrapped.success) return wrapped.data.data;
  const bare = Problem.safeParse(json);
  return bare.success ? bare.data : text.problems.transferRefused;
}
