/* The web app's files, for the paths that it shares with the plain pages. */
#ifndef FRONT_WEB_APP_H
#define FRONT_WEB_APP_H

struct request;

/* Answers with the file of the app at the request's path; 404 without one. */
void app_asset_serve(struct request *request);

#endif
