//! How requests pass: listen, admit, route, attempt, deliver. The files bear the phases' names in order.
