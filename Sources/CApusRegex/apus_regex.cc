#include "apus_regex.h"

#include <cstring>
#include <new>
#include <string>
#include <vector>

#include <re2/re2.h>

struct apus_regex {
    re2::RE2 expression;

    apus_regex(const re2::StringPiece &pattern, const re2::RE2::Options &options) : expression(pattern, options) {}
};

extern "C" apus_regex *apus_regex_compile(
    const char *pattern, size_t length, size_t max_memory, char *reason, size_t reason_size
) {
    re2::RE2::Options options;
    options.set_log_errors(false);
    options.set_dot_nl(true);
    options.set_max_mem(static_cast<int64_t>(max_memory));
    auto *regex = new (std::nothrow) apus_regex(re2::StringPiece(pattern, length), options);
    if (regex != nullptr && regex->expression.ok()) return regex;
    const std::string why = regex == nullptr ? "out of memory" : regex->expression.error();
    delete regex;
    if (reason_size > 0) {
        const size_t count = why.size() < reason_size - 1 ? why.size() : reason_size - 1;
        std::memcpy(reason, why.data(), count);
        reason[count] = 0;
    }
    return nullptr;
}

extern "C" void apus_regex_free(apus_regex *regex) {
    delete regex;
}

extern "C" int apus_regex_group_count(const apus_regex *regex) {
    return regex->expression.NumberOfCapturingGroups();
}

extern "C" int apus_regex_group_named(const apus_regex *regex, const char *name, size_t length) {
    const auto &groups = regex->expression.NamedCapturingGroups();
    const auto found = groups.find(std::string(name, length));
    return found == groups.end() ? -1 : found->second;
}

extern "C" bool apus_regex_matches(const apus_regex *regex, const char *text, size_t length) {
    return regex->expression.Match(re2::StringPiece(text, length), 0, length, re2::RE2::ANCHOR_BOTH, nullptr, 0);
}

extern "C" bool apus_regex_captures(
    const apus_regex *regex, const char *text, size_t length, apus_regex_group *groups, int group_count
) {
    std::vector<re2::StringPiece> pieces(static_cast<size_t>(group_count));
    if (!regex->expression.Match(
            re2::StringPiece(text, length), 0, length, re2::RE2::ANCHOR_BOTH, pieces.data(), group_count))
        return false;
    for (int i = 0; i < group_count; i++) {
        const auto &piece = pieces[static_cast<size_t>(i)];
        if (piece.data() == nullptr) {
            groups[i] = {-1, -1};
        } else {
            const ptrdiff_t start = piece.data() - text;
            groups[i] = {start, start + static_cast<ptrdiff_t>(piece.size())};
        }
    }
    return true;
}
