// GraphQL over event streams with graphql-sse on Node's http: a subscription that counts.
import http from "node:http";
import { GraphQLInt, GraphQLObjectType, GraphQLSchema, GraphQLString } from "graphql";
import { createHandler } from "graphql-sse/lib/use/http";

async function* count(_, { to }) {
  for (let n = 1; n <= to; n++) yield { count: n };
}

const schema = new GraphQLSchema({
  query: new GraphQLObjectType({ name: "Query", fields: { hello: { type: GraphQLString, resolve: () => "café" } } }),
  subscription: new GraphQLObjectType({
    name: "Subscription",
    fields: {
      count: { type: GraphQLInt, args: { to: { type: GraphQLInt } }, subscribe: count },
    },
  }),
});

// A client that leaves in the middle would end the process.
process.on("uncaughtException", (error) => console.error(error));

http.createServer(createHandler({ schema })).listen(Number(process.argv[2]), "127.0.0.1");
