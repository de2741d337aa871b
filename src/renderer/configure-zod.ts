import { config } from 'zod';

// zod tries whether it may compile its checks with eval as soon as a schema is made, which the page's policy refuses and
// reports. So this is the first module that the page loads.
config({ jitless: true });
