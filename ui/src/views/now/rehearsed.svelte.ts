/** End of the simulated outage that this window started, in ms since the epoch; 0: there is none. */
export const rehearsed = $state({ until: 0 });
